import type { components } from "./api-types.ts";
import { ApiProblem, answerOf, type Problem } from "./problem.ts";

/** The events of a streamed answer: any number of `step` and `sentence`, `hits` once, `withdrawn` rarely, `done` at last. */
export type StreamEvent<Result, Done> =
	/** One sentence about what was done for the answer. */
	| { event: "step"; data: { text: string } }
	/** The items that were found, or that a chat's answer shows. */
	| { event: "hits"; data: { results: Result[] } }
	/** A sentence whose citations were verified, and the items it rests on. All texts since the last `withdrawn`, joined, are the answer. */
	| { event: "sentence"; data: { text: string; item_ids: string[] } }
	/** The sentences before it are no part of the answer: the model went on to search, or was called again. */
	| { event: "withdrawn"; data: Record<string, never> }
	/** The answer of the plain route. */
	| { event: "done"; data: Done };

export type SearchEvent = StreamEvent<components["schemas"]["SearchResult"], components["schemas"]["SearchResponse"]>;
export type ChatEvent = StreamEvent<components["schemas"]["ShownItem"], components["schemas"]["ChatResponse"]>;

/** Reports a stream that ended before its answer: the gateway or the network cut it. A question can be sent again. */
export class StreamCut extends Error {
	override name = "StreamCut";
}

/**
 * Yields the events of a streamed answer until `done`.
 * @throws ApiProblem where the request is refused, or an `error` ends the stream; StreamCut where nothing does
 */
export async function* eventsIn<Event extends { event: string; data: unknown }>(
	request: string,
	response: Response,
): AsyncGenerator<Event> {
	if (!response.ok || !response.body) {
		await answerOf(request, response);
		return;
	}
	for await (const { event, data } of messagesIn(request, response.body)) {
		const value = JSON.parse(data);
		if (event === "error") throw problemIn(request, value);
		yield { event, data: value } as Event;
		if (event === "done") return;
	}
	throw cut(request);
}

/** A stream's head is sent before its problem: what is a header of a refused request is a field here. */
function problemIn(request: string, problem: Problem & { retry_after?: number }): ApiProblem {
	const { status, retry_after } = problem;
	const headers: Record<string, string> = retry_after === undefined ? {} : { "retry-after": `${retry_after}` };
	return new ApiProblem(request, new Response(null, { status, headers }), problem);
}

const cut = (request: string, cause?: unknown) =>
	new StreamCut(`${request} ended before its answer was complete: send it again.`, { cause });

/** Reads server-sent events. A stream that is left before its end is cancelled. @throws StreamCut where the connection is */
async function* messagesIn(
	request: string,
	body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }> {
	const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
	let rest = "";
	try {
		for (;;) {
			const { done, value } = await reader.read().catch((error) => {
				// Whoever aborted the request knows.
				throw error?.name === "TypeError" ? cut(request, error) : error;
			});
			if (done) return;
			const blocks = (rest + value).split("\n\n");
			rest = blocks.pop() ?? "";
			for (const block of blocks) {
				const fields = block.split("\n").map((line) => [line.split(":", 1)[0], line.replace(/^[^:]*: ?/, "")] as const);
				const data = fields.filter(([name]) => name === "data").map(([, text]) => text);
				// A comment keeps the connection open.
				if (data.length === 0) continue;
				yield { event: fields.find(([name]) => name === "event")?.[1] ?? "message", data: data.join("\n") };
			}
		}
	} finally {
		await reader.cancel().catch(() => {});
	}
}
