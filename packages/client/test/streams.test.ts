import { describe, expect, test } from "vitest";
import { ApiProblem, CollectionsClient, StreamCut } from "../index.ts";
import { stubServer } from "./stub-server.ts";

const block = (event: string, data: object) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const step = block("step", { text: "Searched for “flight”." });
const done = block("done", { answer: "Gate 12." });

async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
	const all: Event[] = [];
	for await (const event of events) all.push(event);
	return all;
}

async function streamed(body: string, headers = { "content-type": "text/event-stream" }) {
	const api = await stubServer(() => ({ headers, body }));
	const client = new CollectionsClient({ apiUrl: "http://unused", streamUrl: `${api.url}/`, session: "a-token" });
	return { api, client, [Symbol.asyncDispose]: api[Symbol.asyncDispose] };
}

describe("a streamed answer", () => {
	test("comes event by event until it is done", async () => {
		await using stream = await streamed(`: open\n\n${step}${done}${step}`);
		const events = await collect(stream.client.streamSearch("flight?", { top_k: 3 }));
		expect(events).toEqual([
			{ event: "step", data: { text: "Searched for “flight”." } },
			{ event: "done", data: { answer: "Gate 12." } },
		]);
		const [request] = stream.api.received;
		expect([request?.method, request?.path, request?.headers.authorization, request?.body]).toEqual([
			"POST",
			"/search/stream",
			"Bearer a-token",
			'{"query":"flight?","top_k":3}',
		]);
	});

	test("fails by the problem that ends it", async () => {
		const problem = { status: 504, code: "timed_out", detail: "No answer was ready.", instance: "urn:request:7" };
		await using stream = await streamed(step + block("error", problem));
		const error = await collect(stream.client.streamChat({ message: "Hello" })).catch((problem) => problem);
		expect(error).toBeInstanceOf(ApiProblem);
		expect(error).toMatchObject({ status: 504, code: "timed_out", requestId: "7" });
	});

	test("beyond a limit fails as a 429, with the seconds to wait", async () => {
		const problem = { status: 429, code: "rate_limited", detail: "Send it again in 12 seconds.", retry_after: 12 };
		await using stream = await streamed(step + block("error", problem));
		const error = collect(stream.client.streamSearch("flight?"));
		await expect(error).rejects.toMatchObject({ status: 429, code: "rate_limited", retryAfterSeconds: 12 });
	});

	test("that is cut is no answer", async () => {
		await using stream = await streamed(step);
		await expect(collect(stream.client.streamChat({ message: "Hello" }))).rejects.toThrow(StreamCut);
	});

	test("needs the address of streams", async () => {
		const client = new CollectionsClient({ apiUrl: "http://unused", session: "a-token" });
		await expect(client.streamSearch("x").next()).rejects.toThrow(/StreamUrl/);
	});
});
