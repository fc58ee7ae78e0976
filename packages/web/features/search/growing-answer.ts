import type { StreamEvent } from "#client/src/streams.ts";

/** As much of an answer as has come. */
export interface GrowingAnswer<Result> {
	steps: string[];
	/** The items that were found; null before they were. */
	results: Result[] | null;
	/** The sentences so far. */
	text: string;
}

export const nothingYet = { steps: [], results: null, text: "" } satisfies GrowingAnswer<never>;

/** Reads a stream to its end, and reports the answer each time that it has grown. @returns the answer of the plain route */
export async function followStream<Result, Done>(
	events: AsyncIterable<StreamEvent<Result, Done>>,
	onGrowth: (answer: GrowingAnswer<Result>) => void,
): Promise<Done> {
	let answer: GrowingAnswer<Result> = nothingYet;
	for await (const { event, data } of events) {
		if (event === "done") return data;
		if (event === "step") answer = { ...answer, steps: [...answer.steps, data.text] };
		if (event === "hits") answer = { ...answer, results: data.results };
		if (event === "sentence") answer = { ...answer, text: answer.text + data.text };
		if (event === "withdrawn") answer = { ...answer, text: "" };
		onGrowth(answer);
	}
	throw new Error("A stream ends with its answer or with an error.");
}
