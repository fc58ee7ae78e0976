import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { classes } from "#web/ui/classes.ts";
import { Confirm } from "#web/ui/dialog.tsx";
import { formatAgo } from "#web/ui/format.ts";
import { toast } from "#web/ui/toasts.ts";
import { RenameSession } from "./rename-session.tsx";
import styles from "./sessions.module.css";
import { useDeleteSession, useSessions } from "./use-chat.ts";

/** The conversations, the latest first. */
export function Sessions({ current, onNew }: { current: string | undefined; onNew(): void }) {
	const { t, locale } = useLanguage();
	const navigate = useNavigate();
	const { data } = useSessions();
	const remove = useDeleteSession();
	const [doomed, setDoomed] = useState<string | null>(null);
	const [renamed, setRenamed] = useState<Schemas["ChatSession"] | null>(null);
	const sessions = data?.sessions ?? [];
	return (
		<aside className={styles.sessions} aria-label={t("chat.sessions")}>
			<Button icon="plus" onPress={onNew} className={styles.new}>
				{t("chat.new")}
			</Button>
			<ul className={styles.list}>
				{sessions.map((session) => {
					const { session_id: id, title, last_activity, message_count } = session;
					const when = formatAgo(last_activity, locale);
					return (
						<li key={id} className={classes(styles.row, id === current && styles.current)}>
							<Link
								to="/chat/$sessionId"
								params={{ sessionId: id }}
								className={styles.link}
								aria-current={id === current ? "page" : undefined}
							>
								<span className={styles.title}>{title ?? when}</span>
								<span className={styles.count}>
									{title && `${when} · `}
									{t("chat.messages", { count: message_count })}
								</span>
							</Link>
							<IconButton
								icon="edit"
								label={t("chat.rename")}
								className={styles.action}
								onPress={() => setRenamed(session)}
							/>
							<IconButton
								icon="trash"
								label={t("chat.delete")}
								className={styles.action}
								onPress={() => setDoomed(id)}
							/>
						</li>
					);
				})}
			</ul>
			{renamed && <RenameSession session={renamed} onClose={() => setRenamed(null)} />}
			<Confirm
				title={t("chat.delete.title")}
				isOpen={doomed !== null}
				action={t("action.delete")}
				isPending={remove.isPending}
				onClose={() => setDoomed(null)}
				onConfirm={() => {
					if (!doomed) return;
					remove.mutate(doomed, {
						onSuccess: () => doomed === current && void navigate({ to: "/chat" }),
						onError: (error) => toast(error.message, { tone: "danger" }),
						onSettled: () => setDoomed(null),
					});
				}}
			>
				<p>{t("chat.delete.text")}</p>
			</Confirm>
		</aside>
	);
}
