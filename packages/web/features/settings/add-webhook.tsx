import { type FormEvent, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Check } from "#web/ui/check.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import { useChangeWebhooks, type WebhookEvent, webhookEvents } from "./use-webhooks.ts";
import styles from "./webhooks.module.css";

const formId = "add-webhook";

/** Adds an address; its secret is shown once. */
export function AddWebhook({ onClose }: { onClose(): void }) {
	const { t } = useLanguage();
	const { adding } = useChangeWebhooks();
	const [events, setEvents] = useState<readonly WebhookEvent[]>(webhookEvents);
	const secret = adding.data?.secret;

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		adding.mutate({ url: String(new FormData(event.currentTarget).get("url")).trim(), events: [...events] });
	}

	if (secret) {
		return (
			<Dialog
				title={t("webhooks.added")}
				isOpen
				onClose={onClose}
				actions={
					<>
						<Button onPress={onClose}>{t("action.close")}</Button>
						<Button
							look="primary"
							onPress={() =>
								navigator.clipboard.writeText(secret).then(
									() => toast(t("viewer.copied")),
									(error: Error) => toast(error.message, { tone: "danger" }),
								)
							}
						>
							{t("viewer.copy")}
						</Button>
					</>
				}
			>
				<Field label={t("webhooks.secret")} value={secret} isReadOnly hint={t("webhooks.once")} />
			</Dialog>
		);
	}
	return (
		<Dialog
			title={t("webhooks.add")}
			isOpen
			onClose={onClose}
			actions={
				<>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button
						type="submit"
						form={formId}
						look="primary"
						isDisabled={events.length === 0}
						isPending={adding.isPending}
					>
						{t("webhooks.add")}
					</Button>
				</>
			}
		>
			<form id={formId} className={styles.form} onSubmit={submit}>
				{adding.error && <Banner tone="danger">{adding.error.message}</Banner>}
				<Field
					label={t("webhooks.url")}
					name="url"
					type="url"
					placeholder="https://example.com/collections"
					maxLength={2_000}
					isRequired
					autoFocus
				/>
				<fieldset className={styles.fieldset}>
					<legend className={styles.legend}>{t("webhooks.events")}</legend>
					{webhookEvents.map((each) => (
						<Check
							key={each}
							isSelected={events.includes(each)}
							onChange={(isSelected) =>
								setEvents(webhookEvents.filter((event) => (event === each ? isSelected : events.includes(event))))
							}
						>
							{t(`webhooks.event.${each}`)}
						</Check>
					))}
				</fieldset>
			</form>
		</Dialog>
	);
}
