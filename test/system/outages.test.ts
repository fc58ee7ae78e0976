import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { description, openaiWire } from "#tools/provider-stubs/wire.ts";
import { screenshot } from "./drawings.ts";
import { OwnCloud } from "./own-cloud.ts";

/** The machine may be busy. */
const patiently = { timeout: 90_000, interval: 200 };
/** A request is given up after it, and a failed call makes three. */
const timeoutSeconds = 6;
let provider: ProviderServer;
let cloud: OwnCloud;
let user: CollectionsClient;

beforeAll(async () => {
	provider = await serveProvider();
	cloud = await OwnCloud.start({
		machine: { openaiServer: { url: provider.url, timeoutSeconds } },
		settings: { embeddingProvider: "offline", chatProvider: "offline" },
	});
	user = await cloud.newUser("waits@example.com");
});
afterAll(async () => {
	await cloud?.remove();
	await provider?.close();
});

interface StageLine {
	message: string;
	item_id: string;
	outcome: string;
	reason?: string;
	duration_ms: number;
}

/** Reads how the analyzer's messages ended. */
async function endings(): Promise<StageLine[]> {
	const logs = path.join(cloud.stateDir, "logs");
	const name = (await readdir(logs)).find((file) => /analyzer/i.test(file));
	const text = name ? await readFile(path.join(logs, name), "utf8") : "";
	return text
		.split("\n")
		.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as StageLine] : []))
		.filter(({ message }) => message.startsWith("stage"));
}

async function upload(at: number): Promise<string> {
	const drawn = await screenshot(at);
	return (await user.upload(drawn.filename, drawn.bytes)).id;
}

test("a provider that hangs costs all sandboxes a few time-outs together; images wait with every attempt, and go on by themselves", async () => {
	provider.answers("silence");
	const first = await Promise.all([upload(0), upload(1)]);
	const putOff = async () => (await endings()).filter(({ reason }) => reason === "outage");
	await vi.waitFor(async () => {
		const waiting = new Set((await putOff()).map(({ item_id }) => item_id));
		for (const id of first) expect(waiting).toContain(id);
	}, patiently);
	// Two sandboxes at three requests each, had neither known of the other's.
	expect(provider.requests.length).toBeLessThan(2 * 3 + 1);
	const asked = provider.requests.length;

	const later = await Promise.all([upload(2), upload(3)]);
	await vi.waitFor(async () => {
		for (const id of later) {
			const [line] = (await putOff()).filter(({ item_id }) => item_id === id);
			expect(line?.duration_ms).toBeLessThan(3_000);
		}
	}, patiently);
	expect(provider.requests).toHaveLength(asked);
	const rows = await cloud.control.sql("select distinct status, attempts from items");
	expect(rows).toEqual([{ status: "processed", attempts: 0 }]);

	provider.answers(openaiWire.answer(JSON.stringify(description)));
	for (const id of [...first, ...later]) {
		expect(await user.settled(id)).toMatchObject({ status: "ready", latest_analysis: { provider_used: "openai" } });
	}
	// The trial and the rest: each image once.
	expect(provider.requests).toHaveLength(4);
	const lines = await endings();
	expect(lines.filter(({ message }) => message.includes("retried"))).toEqual([]);
});
