import { useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { classes } from "#web/ui/classes.ts";
import { Confirm } from "#web/ui/dialog.tsx";
import { formatDate } from "#web/ui/format.ts";
import { Banner, Failure, Loading } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import { AddWebhook } from "./add-webhook.tsx";
import { type SentTest, useChangeWebhooks, useWebhooks, type Webhook } from "./use-webhooks.ts";
import styles from "./webhooks.module.css";

/** The addresses of the person's own programs that are told of changes, and how each fares. */
export function Webhooks() {
	const { t } = useLanguage();
	const [sent, setSent] = useState<SentTest | null>(null);
	const { data, error, refetch } = useWebhooks(sent);
	const { removing, testing } = useChangeWebhooks();
	const [isAdding, setAdding] = useState(false);
	const [doomed, setDoomed] = useState<Webhook | null>(null);
	if (error && !data) return <Failure error={error} onRetry={() => refetch()} />;
	if (!data) return <Loading />;

	function test({ id, last_attempt_at }: Webhook) {
		testing.mutate(id, {
			onSuccess: () => {
				setSent({ id, attemptBefore: last_attempt_at, sentAt: Date.now() });
				toast(t("webhooks.tested"));
			},
			onError: (error) => toast(error.message, { tone: "danger" }),
		});
	}

	return (
		<div className={styles.webhooks}>
			<p className={styles.lead}>{t("webhooks.lead")}</p>
			{data.length > 0 && (
				<ul className={styles.list}>
					{data.map((webhook) => (
						<Row
							key={webhook.id}
							webhook={webhook}
							isTesting={testing.isPending && testing.variables === webhook.id}
							onTest={() => test(webhook)}
							onDelete={() => setDoomed(webhook)}
						/>
					))}
				</ul>
			)}
			<div>
				<Button icon="plus" onPress={() => setAdding(true)}>
					{t("webhooks.add")}
				</Button>
			</div>
			{isAdding && <AddWebhook onClose={() => setAdding(false)} />}
			<Confirm
				title={t("webhooks.delete.title")}
				isOpen={doomed !== null}
				action={t("action.delete")}
				isPending={removing.isPending}
				onClose={() => setDoomed(null)}
				onConfirm={() =>
					doomed &&
					removing.mutate(doomed.id, {
						onError: (error) => toast(error.message, { tone: "danger" }),
						onSettled: () => setDoomed(null),
					})
				}
			>
				<p>{t("webhooks.delete.text", { url: doomed?.url ?? "" })}</p>
			</Confirm>
		</div>
	);
}

interface RowProps {
	webhook: Webhook;
	isTesting: boolean;
	onTest(): void;
	onDelete(): void;
}

function Row({ webhook, isTesting, onTest, onDelete }: RowProps) {
	const { t, locale } = useLanguage();
	const { url, events, state, notice, last_attempt_at: attempted, last_status: status } = webhook;
	const outcome = attempted
		? t(status === null ? "webhooks.unanswered" : "webhooks.answered", {
				when: formatDate(attempted, locale, "time"),
				status: String(status),
			})
		: t("webhooks.untried");
	return (
		<li className={styles.row}>
			<div className={styles.head}>
				<div className={styles.words}>
					<p className={styles.url}>{url}</p>
					<p className={styles.events}>{events.map((event) => t(`webhooks.event.${event}`)).join(" · ")}</p>
				</div>
				<span className={classes(styles.state, state !== "on" && styles.bad)}>{t(`webhooks.state.${state}`)}</span>
			</div>
			{notice && <Banner tone={state === "off" ? "danger" : "plain"}>{notice}</Banner>}
			<div className={styles.head}>
				<p className={styles.events}>{outcome}</p>
				<div className={styles.actions}>
					<Button onPress={onTest} isPending={isTesting}>
						{t("webhooks.test")}
					</Button>
					<IconButton icon="trash" label={t("webhooks.delete", { url })} onPress={onDelete} />
				</div>
			</div>
		</li>
	);
}
