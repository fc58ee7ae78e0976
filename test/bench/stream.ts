// make bench-stream: milliseconds until the first event of a streamed answer, against GET /version, on warm sandboxes.
import { randomUUID } from "node:crypto";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startCloud } from "./api-cloud.ts";
import { demand, measured, median, quantile, report } from "./report.ts";

const rounds = 100;
/** Their sandboxes start in the first, and compile what is hot in the others. */
const warmUps = 30;

await using folder = await mkdtempDisposable(path.join(tmpdir(), "collections-bench-stream-"));
const cloud = await startCloud(folder.path);
const { ApiUrl, StreamUrl } = cloud.outputs;
const headers = { authorization: `Bearer ${cloud.token}`, "content-type": "application/json" };

/** Returns the milliseconds until the first bytes of an answer's body, and reads the rest. */
async function firstBytes(url: string, body?: object): Promise<number> {
	const began = performance.now();
	const response = await fetch(url, body && { method: "POST", headers, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
	const reader = response.body?.getReader();
	await reader?.read();
	const milliseconds = performance.now() - began;
	while (!(await reader?.read())?.done);
	return milliseconds;
}

const streams = String(StreamUrl);
const measures = {
	"GET /version": () => firstBytes(`${ApiUrl}/version`),
	"POST /search/stream": () => firstBytes(`${streams}/search/stream`, { query: "harbour", include_answer: false }),
	"POST /chat/stream": () => firstBytes(`${streams}/chat/stream`, { message: "Hello", session_id: randomUUID() }),
};
type Measure = keyof typeof measures;
const found = Object.fromEntries(Object.keys(measures).map((name) => [name, []])) as unknown as Record<
	Measure,
	number[]
>;
try {
	for (let round = -warmUps; round < rounds; round++) {
		// In turns, so that all of them meet the same machine.
		for (const [name, measure] of Object.entries(measures) as [Measure, () => Promise<number>][]) {
			const milliseconds = await measure();
			if (round >= 0) found[name].push(measured(name, milliseconds));
		}
	}
} finally {
	await cloud.stop();
}

const version = median(found["GET /version"]);
report(
	"stream",
	Object.entries(found).map(([name, values]) => ({
		request: name,
		"first bytes, ms, median": median(values).toFixed(1),
		p95: quantile(values, 0.95).toFixed(1),
		"of GET /version": (median(values) / version).toFixed(2),
	})),
	(["POST /search/stream", "POST /chat/stream"] as const).map((name) =>
		demand(`${name}: first event, times GET /version, median`, median(found[name]) / version, 1.5),
	),
	[
		"The three are sent in turns to a local cloud with warm sandboxes. Before its first event a stream verifies the token, reads the request and asks its memory for a refusal; it is counted afterwards.",
	],
);
