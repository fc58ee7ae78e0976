import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { pause } from "#client/src/send.ts";
import { ApiError, api, bodyOf, type Schemas } from "#web/app/api.ts";
import { config } from "#web/app/config.ts";
import { type GrowingAnswer, nothingYet } from "#web/features/search/growing-answer.ts";
import { type ChatMessage, type History, historyKey, withoutQuestion } from "./use-chat.ts";

/** The turn that is under way. */
export interface Turn extends GrowingAnswer<Schemas["ShownItem"]> {
	/** Its connection was cut, and it is continued. */
	isCut: boolean;
}

const begun: Turn = { ...nothingYet, isCut: false };

/** Sends a message, and follows its answer as it comes; in the end it joins the history. */
export function useTurn(sessionId: string) {
	const client = useQueryClient();
	const [turn, setTurn] = useState<Turn>(begun);
	const send = useMutation({
		mutationFn: async (message: string): Promise<ChatMessage> => {
			setTurn(begun);
			if (!config().streamUrl) return plainAnswer(sessionId, message);
			const { streamTurn } = await import("./stream-turn.ts");
			const former = client.getQueryData<History | null>(historyKey(sessionId));
			return streamTurn({
				sessionId,
				message,
				lastTimestamp: former?.messages.at(-1)?.timestamp ?? null,
				onGrowth: (answer) => setTurn({ ...answer, isCut: false }),
				onCut: () => setTurn({ ...begun, isCut: true }),
			});
		},
		onSuccess: async (answer, message) => {
			const question: ChatMessage = { ...emptyMessage, role: "user", content: message, timestamp: answer.timestamp };
			client.setQueryData<History | null>(historyKey(sessionId), (former) => ({
				session_id: sessionId,
				title: null,
				created_at: answer.timestamp,
				last_activity: answer.timestamp,
				message_count: 0,
				next_cursor: null,
				...former,
				in_progress: null,
				messages: [...withoutQuestion(former?.messages ?? [], message), question, answer],
			}));
			await client.invalidateQueries({ queryKey: ["chat", "sessions"] });
		},
	});
	const stop = useMutation({ mutationFn: () => cancelTurn(sessionId) });
	return { send, turn, stop };
}

/** A message of which nothing is known but its words. */
export const emptyMessage = { timestamp: "", search_results: [], tools_used: [], trace_id: null };

/** The person stopped the turn, which is nothing to be alarmed about. */
export const isCanceled = (error: Error | null) => error instanceof ApiError && error.code === "turn_canceled";

async function plainAnswer(sessionId: string, message: string): Promise<ChatMessage> {
	const answer = await bodyOf(
		api().POST("/chat", {
			body: { message, session_id: sessionId },
			params: { header: { "Idempotency-Key": crypto.randomUUID() } },
		}),
	);
	return answer.message;
}

const maxCancels = 10;
const cancelPauseMs = 300;

/** Cancels the turn under way; one that was only just sent has not begun yet, nor has its session. */
async function cancelTurn(sessionId: string): Promise<void> {
	for (let attempt = 0; attempt < maxCancels; attempt++) {
		try {
			const { status } = await bodyOf(
				api().DELETE("/chat/{session_id}/turn", { params: { path: { session_id: sessionId } } }),
			);
			if (status === "canceled") return;
		} catch (error) {
			if (!(error instanceof ApiError && error.status === 404)) throw error;
		}
		await pause(cancelPauseMs);
	}
}
