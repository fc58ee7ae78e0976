import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import styles from "./chat-page.module.css";
import { Conversation } from "./conversation.tsx";
import { Sessions } from "./sessions.tsx";

/** The sessions, and the one that is open; without one, a new one. */
export function ChatPage() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { sessionId } = useParams({ strict: false });
	const [draft, setDraft] = useState(() => crypto.randomUUID() as string);
	return (
		<div className={styles.page}>
			<h1 className="visually-hidden">{t("nav.chat")}</h1>
			<Sessions
				current={sessionId}
				onNew={() => {
					setDraft(crypto.randomUUID());
					void navigate({ to: "/chat" });
				}}
			/>
			<Conversation
				key={sessionId ?? draft}
				sessionId={sessionId ?? draft}
				isNew={sessionId === undefined}
				onFirst={() =>
					// The search keeps a picture open that the person looks at while the answer ends.
					navigate({ to: "/chat/$sessionId", params: { sessionId: draft }, search: true, replace: true })
				}
			/>
		</div>
	);
}
