import { pause } from "#client/src/send.ts";
import type { ChatEvent } from "#client/src/streams.ts";
import { ApiError, api, bodyOf, type Schemas } from "#web/app/api.ts";
import { asApiError } from "#web/app/client.ts";
import { isCut, streams } from "#web/app/streams.ts";
import { followStream, type GrowingAnswer } from "#web/features/search/growing-answer.ts";
import type { ChatMessage } from "./use-chat.ts";

interface StreamedTurn {
	sessionId: string;
	message: string;
	/** When the session's last message was written, before this one. */
	lastTimestamp: string | null;
	onGrowth(answer: GrowingAnswer<Schemas["ShownItem"]>): void;
	/** The connection was cut, and the turn is continued. */
	onCut(): void;
}

/** A turn ends after 26 seconds at the latest. */
const maxLooks = 30;
const pauseMs = 1_000;

/**
 * Sends a message and reports its answer as it comes. Where the connection is cut, the turn may have been answered
 * without it, which the history knows; otherwise the message is sent once more, which continues the turn.
 * @throws ApiError, TypeError where the API cannot be reached
 */
export async function streamTurn(turn: StreamedTurn): Promise<ChatMessage> {
	try {
		return await attempt(turn);
	} catch (error) {
		if (!isCut(error)) throw asApiError(error);
	}
	turn.onCut();
	const answer = await answeredMeanwhile(turn);
	if (answer) return answer;
	try {
		return await attempt(turn);
	} catch (error) {
		throw asApiError(error);
	}
}

async function attempt({ sessionId, message, onGrowth }: StreamedTurn): Promise<ChatMessage> {
	const events = streams().streamChat({ message, session_id: sessionId }) as AsyncIterable<ChatEvent>;
	const answer = await followStream<Schemas["ShownItem"], Schemas["ChatResponse"]>(events, onGrowth);
	return answer.message;
}

/** Waits for the end of the turn whose stream was cut. @returns its answer; null where it has none */
async function answeredMeanwhile({ sessionId, lastTimestamp }: StreamedTurn): Promise<ChatMessage | null> {
	for (let look = 0; look < maxLooks; look++) {
		const history = await lookAt(sessionId);
		if (history && !history.in_progress) {
			const last = history.messages.at(-1);
			return last?.role === "assistant" && last.timestamp !== lastTimestamp ? last : null;
		}
		if (!history) return null;
		await pause(pauseMs);
	}
	return null;
}

async function lookAt(sessionId: string): Promise<Schemas["ChatHistory"] | null> {
	try {
		return await bodyOf(
			api().GET("/chat/{session_id}/history", {
				params: { path: { session_id: sessionId }, query: { limit: 1 } },
			}),
		);
	} catch (error) {
		// The session exists from its first message on.
		if (error instanceof ApiError && error.status === 404) return null;
		throw error;
	}
}
