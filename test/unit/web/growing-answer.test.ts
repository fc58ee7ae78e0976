import { expect, test } from "vitest";
import { StreamCut, type StreamEvent } from "#client/src/streams.ts";
import { followStream, type GrowingAnswer } from "#web/features/search/growing-answer.ts";

type Event = StreamEvent<string, { answer: string }>;

async function* streamOf(...events: Event[]): AsyncGenerator<Event> {
	yield* events;
}

const step = (text: string): Event => ({ event: "step", data: { text } });
const sentence = (text: string): Event => ({ event: "sentence", data: { text, item_ids: [] } });

test("an answer grows with each event, and ends as the plain route's", async () => {
	const grown: GrowingAnswer<string>[] = [];
	const whole = await followStream(
		streamOf(
			step("Searching for gates."),
			{ event: "hits", data: { results: ["pass"] } },
			sentence("Gate B22. "),
			step("Checking."),
			sentence("It leaves at 9."),
			{ event: "done", data: { answer: "Gate B22. It leaves at 9." } },
		),
		(answer) => grown.push(answer),
	);
	expect(whole).toEqual({ answer: "Gate B22. It leaves at 9." });
	expect(grown.map(({ text }) => text)).toEqual(["", "", "Gate B22. ", "Gate B22. ", "Gate B22. It leaves at 9."]);
	expect(grown[0]?.results).toBeNull();
	expect(grown[1]?.results).toEqual(["pass"]);
	expect(grown.at(-1)?.steps).toEqual(["Searching for gates.", "Checking."]);
});

test("sentences that are withdrawn are no part of the answer", async () => {
	const grown: string[] = [];
	await followStream(
		streamOf(sentence("Let me search. "), { event: "withdrawn", data: {} }, sentence("Gate B22."), {
			event: "done",
			data: { answer: "Gate B22." },
		}),
		({ text }) => grown.push(text),
	);
	expect(grown).toEqual(["Let me search. ", "", "Gate B22."]);
});

test("a stream that is cut keeps what had come, and rejects", async () => {
	async function* cut() {
		yield sentence("Gate B22. ");
		throw new StreamCut("cut");
	}
	const grown: GrowingAnswer<string>[] = [];
	await expect(followStream(cut(), (answer) => grown.push(answer))).rejects.toThrow(StreamCut);
	expect(grown.at(-1)?.text).toBe("Gate B22. ");
});
