import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { AppError } from "#core/errors.ts";
import type { Ports } from "#core/ports/index.ts";
import { recordTokenUsage } from "#lambda-kit/token-usage.ts";
import { answerError } from "./answer-error.ts";
import type { ApiEnv } from "./api-env.ts";

interface AnswerStream {
	/** Sends an event, after those before it. */
	send(event: "step" | "hits" | "sentence" | "withdrawn" | "done", data: unknown): void;
	/** Aborts when the client has gone, or the time is over. */
	closed: AbortSignal;
}

/** Limits the wait for work that was told to end. */
const maxWindDownMs = 2_000;

/**
 * Answers with server-sent events, the first of which is sent before the request is counted. An error ends the stream as
 * the problem that the plain route would answer, and the request keeps its place among those that run at once until then.
 * @param options `opening` is the text of the first step; `maxMs` limits the answer: a function is ended at 30 seconds
 * without a word
 */
export function answerStream(
	c: Context<ApiEnv>,
	{ ports, opening, maxMs }: { ports: Pick<Ports, "usage">; opening: string; maxMs: number },
	answer: (stream: AnswerStream) => Promise<void>,
): Response {
	const admit = c.get("admit");
	const userId = c.get("userId");
	const response = streamSSE(c, async (stream) => {
		const closed = new AbortController();
		stream.onAbort(() => closed.abort(new AppError("turn_canceled", "Nobody waits for this answer any more.")));
		let sent = Promise.resolve();
		let isOver = false;
		const send = (event: string, data: unknown) => {
			if (!isOver) sent = sent.then(() => stream.writeSSE({ event, data: JSON.stringify(data) }));
		};
		const { promise: timedOut, reject } = Promise.withResolvers<never>();
		const timer = setTimeout(() => {
			const error = new AppError("timed_out", `No answer was ready after ${maxMs / 1_000} seconds: try again.`);
			reject(error);
			closed.abort(error);
		}, maxMs);
		let release = async () => {};
		const admitAndAnswer = async () => {
			release = await admit();
			closed.signal.throwIfAborted();
			await answer({ send, closed: closed.signal });
		};
		send("step", { text: opening });
		// Counting takes the processor, and begins once the event has left.
		await setImmediate();
		// What the request itself used was recorded when its head was answered.
		const work = recordTokenUsage(ports, () => userId, admitAndAnswer);
		try {
			await Promise.race([work, timedOut]);
		} catch (error) {
			send("error", await problemEvent(error as Error, c));
		} finally {
			isOver = true;
			clearTimeout(timer);
			// A sandbox is frozen at the stream's end: what was cut gives back its session before.
			await Promise.allSettled([sent, Promise.race([work, sleep(maxWindDownMs)])]);
			await release();
		}
	});
	// They belong to the connection, which is the gateway's.
	response.headers.delete("transfer-encoding");
	response.headers.delete("connection");
	response.headers.set("cache-control", "private, no-store");
	return response;
}

/** Returns the problem of an error, with the header `retry-after` as a field: a stream's head was sent before. */
async function problemEvent(error: Error, c: Context<ApiEnv>): Promise<object> {
	const answer = answerError(error, c);
	const seconds = answer.headers.get("retry-after");
	return { ...((await answer.json()) as object), ...(seconds && { retry_after: Number(seconds) }) };
}
