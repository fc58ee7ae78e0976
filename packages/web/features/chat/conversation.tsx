import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Failure, Loading, sentenceOf } from "#web/ui/notice.tsx";
import { Composer } from "./composer.tsx";
import styles from "./conversation.module.css";
import { Message } from "./message.tsx";
import { useHistory, useProgress, useSend } from "./use-chat.ts";

interface ConversationProps {
	sessionId: string;
	/** Nothing has been said yet. */
	isNew: boolean;
	/** The session exists from its first message on. */
	onFirst(): void;
}

/** The messages of a session, the turn that is under way, and the next question. */
export function Conversation({ sessionId, isNew, onFirst }: ConversationProps) {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const history = useHistory(isNew ? undefined : sessionId);
	const send = useSend(sessionId);
	const progress = useProgress(sessionId, send.isPending);
	const [text, setText] = useState("");
	const foot = useRef<HTMLDivElement>(null);
	const messages = history.data?.messages ?? [];
	const open = (item: string) => navigate({ to: ".", search: (former) => ({ ...former, item }) });

	useEffect(() => {
		foot.current?.scrollIntoView({ block: "end" });
	}, [messages.length, send.isPending, progress.data?.steps.length]);

	function ask(message: string) {
		setText("");
		send.mutate(message, {
			onSuccess: () => isNew && onFirst(),
			// The question is not lost.
			onError: () => setText(message),
		});
	}

	const isEmpty = messages.length === 0 && !send.isPending && !history.isLoading;
	return (
		<section className={styles.conversation} aria-label={t("nav.chat")}>
			<div className={styles.messages} role="log" aria-live="polite">
				{history.error && !history.data && <Failure error={history.error} onRetry={() => history.refetch()} />}
				{history.isLoading && <Loading />}
				{isEmpty && !history.error && (
					<div className={styles.start}>
						<h2 className={styles.title}>{t("chat.start")}</h2>
						<p className={styles.lead}>{t("chat.start.text")}</p>
						<Suggestions
							label={t("chat.start")}
							texts={[t("chat.example.1"), t("chat.example.2"), t("chat.example.3")]}
							onAsk={ask}
						/>
					</div>
				)}
				{messages.map((message, at) => (
					<Message key={at} message={message} onOpen={open} />
				))}
				{messages.at(-1)?.role === "assistant" && !send.isPending && (
					<Suggestions
						label={t("chat.followUps")}
						texts={[t("chat.followUp.1"), t("chat.followUp.2"), t("chat.followUp.3")]}
						onAsk={ask}
					/>
				)}
				{send.isPending && (
					<>
						<p className={styles.question}>{send.variables}</p>
						<ol className={styles.steps} aria-label={t("chat.steps")}>
							{progress.data?.steps.map((step) => (
								<li key={step}>{step}</li>
							))}
							<li className={styles.doing}>{t(`chat.doing.${progress.data?.doing ?? "answering"}`)}</li>
						</ol>
					</>
				)}
				{send.error && (
					<p className={styles.refusal} role="alert">
						{sentenceOf(send.error, t("error.network"))}
					</p>
				)}
				<div ref={foot} />
			</div>
			<Composer text={text} onText={setText} onSend={ask} isPending={send.isPending} />
		</section>
	);
}

/** Questions that one press asks. */
function Suggestions({ label, texts, onAsk }: { label: string; texts: string[]; onAsk(text: string): void }) {
	return (
		<ul className={styles.chips} aria-label={label}>
			{texts.map((text) => (
				<li key={text}>
					<button type="button" className={styles.chip} onClick={() => onAsk(text)}>
						{text}
					</button>
				</li>
			))}
		</ul>
	);
}
