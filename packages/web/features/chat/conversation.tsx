import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { config } from "#web/app/config.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Failure, Loading, sentenceOf } from "#web/ui/notice.tsx";
import { Refusal } from "#web/ui/refusal.tsx";
import { toast } from "#web/ui/toasts.ts";
import { Composer } from "./composer.tsx";
import styles from "./conversation.module.css";
import { Message } from "./message.tsx";
import { SuggestionsList } from "./suggestions-list.tsx";
import { type ChatMessage, useHistory, useProgress, withoutQuestion } from "./use-chat.ts";
import { emptyMessage, isCanceled, type Turn, useTurn } from "./use-turn.ts";

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
	const { send, turn, stop } = useTurn(sessionId);
	const progress = useProgress(sessionId, send.isPending && !config().streamUrl);
	const [text, setText] = useState("");
	const foot = useRef<HTMLDivElement>(null);
	const stored = history.data?.messages ?? [];
	// The messages of a turn stay the same nodes when it joins the history, so that none is read out again.
	const messages = send.isPending
		? [...withoutQuestion(stored, send.variables), ...messagesOf(send.variables, turn)]
		: stored;
	const elsewhere = send.isPending ? null : history.data?.in_progress;
	const unanswered = !send.isPending && !elsewhere && !send.error ? questionWithoutAnswer(stored) : undefined;
	const open = (item: string) => navigate({ to: ".", search: (former) => ({ ...former, item }) });

	useEffect(() => {
		foot.current?.scrollIntoView({ block: "end" });
	}, [messages.length, send.isPending, progress.data?.steps.length, turn]);

	function ask(message: string) {
		setText("");
		send.mutate(message, {
			onSuccess: () => isNew && onFirst(),
			// The question is not lost, nor what was written meanwhile.
			onError: () => setText((written) => written || message),
		});
	}

	const stopTurn = () => stop.mutate(undefined, { onError: (error) => toast(error.message, { tone: "danger" }) });

	const isEmpty = messages.length === 0 && !history.isLoading;
	const activity = progress.data ?? elsewhere;
	return (
		<section className={styles.conversation} aria-label={t("nav.chat")}>
			<div className={styles.messages} role="log" aria-live="polite">
				{history.error && !history.data && <Failure error={history.error} onRetry={() => history.refetch()} />}
				{history.isLoading && <Loading />}
				{isEmpty && !history.error && (
					<div className={styles.start}>
						<h2 className={styles.title}>{t("chat.start")}</h2>
						<p className={styles.lead}>{t("chat.start.text")}</p>
						<SuggestionsList label={t("chat.start")} messages={messages} onAsk={ask} />
					</div>
				)}
				{messages.map((message, at) => (
					<Message key={at} message={message} onOpen={open} />
				))}
				{messages.at(-1)?.role === "assistant" && !send.isPending && (
					<SuggestionsList label={t("chat.followUps")} messages={messages} onAsk={ask} />
				)}
				{(send.isPending || elsewhere) && !turn.text && (
					<ol className={styles.steps} aria-label={t("chat.steps")}>
						{(activity?.steps ?? turn.steps).map((step, at) => (
							<li key={at}>{step}</li>
						))}
						<li className={styles.doing}>
							{turn.isCut ? t("chat.cut") : t(`chat.doing.${activity?.doing ?? "answering"}`)}
						</li>
					</ol>
				)}
				{isCanceled(send.error) && <p className={styles.steps}>{t("chat.stopped")}</p>}
				{send.error && !isCanceled(send.error) && (
					<Refusal
						text={sentenceOf(send.error, t("error.network"))}
						error={send.error}
						onRetry={() => ask(send.variables)}
					/>
				)}
				{unanswered && <Refusal text={t("chat.unanswered")} onRetry={() => ask(unanswered)} />}
				<div ref={foot} />
			</div>
			<Composer
				text={text}
				onText={setText}
				onSend={ask}
				isPending={send.isPending}
				onStop={stopTurn}
				isStopping={stop.isPending}
			/>
		</section>
	);
}

/** Returns the messages of a turn under way: its question, and as much of the answer as has come. */
function messagesOf(question: string, { text, results }: Turn): ChatMessage[] {
	const asked: ChatMessage = { ...emptyMessage, role: "user", content: question };
	if (!text && !results?.length) return [asked];
	return [asked, { ...emptyMessage, role: "assistant", content: text, search_results: results ?? [] }];
}

function questionWithoutAnswer(messages: ChatMessage[]): string | undefined {
	const last = messages.at(-1);
	return last?.role === "user" ? last.content : undefined;
}
