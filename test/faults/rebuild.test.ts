import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { offlineEmbedder } from "#ai/offline/embedder.ts";
import type { CollectionsClient, paths } from "#client/index.ts";
import { voyageWire } from "#tools/provider-stubs/wire.ts";
import { describeInstantly } from "../system/cloud-process.ts";
import { screenshot } from "../system/drawings.ts";
import { OwnCloud } from "../system/own-cloud.ts";
import { putApiKey } from "../system/provider-cloud.ts";

// This cloud's embedding model changes between starts.
let cloud: OwnCloud;
let voyage: Server;
const email = "rebuilds@example.com";

type Status = paths["/vector-index/status"]["get"]["responses"][200]["content"]["application/json"];

beforeAll(async () => {
	voyage = createServer(async (request, answer) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const { input } = JSON.parse(Buffer.concat(chunks).toString());
		const texts = Array.isArray(input) ? input : [input];
		const { vectors } = await offlineEmbedder().embed(texts, "document", { deadline: new Date() });
		const { body } = voyageWire.answer(vectors.map((vector) => Array.from(vector))) as { body: unknown };
		answer.writeHead(200, { "content-type": "application/json" });
		answer.end(JSON.stringify(body));
	});
	await new Promise<void>((ready) => voyage.listen(0, "127.0.0.1", ready));
	cloud = await OwnCloud.start({ change: describeInstantly });
});
afterAll(async () => {
	await cloud?.remove();
	voyage?.close();
	voyage?.closeAllConnections();
});

const statusOf = (user: CollectionsClient) => user.call<Status>("GET", "/vector-index/status");

async function until(condition: string, holds: () => Promise<boolean>) {
	const end = Date.now() + 240_000;
	while (!(await holds())) {
		if (Date.now() > end) throw new Error(`Timed out waiting until ${condition}.`);
		await sleep(100);
	}
}

test("a rebuild for a new model survives a crash of the embedder, and every item stays ready and searchable", async () => {
	const before = await cloud.newUser(email);
	const ids: string[] = [];
	for (let count = 0; count < 4; count++) {
		const { bytes } = await screenshot(count);
		const { id } = await before.upload(`Harbour ${count}.png`, bytes);
		ids.push(id);
	}
	for (const id of ids) {
		expect((await before.settled(id)).status).toBe("ready");
	}
	expect(await statusOf(before)).toMatchObject({ embedded: 4, stale: 0 });
	await cloud.stop();

	const { port } = voyage.address() as AddressInfo;
	await cloud.restart({
		machine: { keys: ["voyage"], providerUrls: { voyage: `http://127.0.0.1:${port}` } },
		change: describeInstantly,
	});
	await putApiKey(cloud, "voyage", "pa-of-the-test");
	const { control, outputs } = cloud;
	const user = await cloud.signIn(email);
	const byVector = async () => {
		const { results } = await user.search("Harbour", { search_type: "vector" });
		return results.map(({ item_id }) => item_id).sort();
	};
	const allReady = async () => {
		for (const id of ids) expect((await user.item(id)).status).toBe("ready");
	};
	expect(await statusOf(user)).toMatchObject({ items: 4, embedded: 0, stale: 4, model: "voyage-3.5-lite" });
	expect(await byVector()).toEqual([]);

	const embedder = String(outputs.EmbedderFunctionName);
	await control.crashNext(embedder, "before:stages.commitEmbedded");
	const rebuild = (body?: object) =>
		user.call<{ status: string; num_documents: number }>("POST", "/vector-index/rebuild", body);
	expect(await rebuild()).toEqual({ status: "accepted", num_documents: 4 });
	await until("the embedder has died", async () => {
		const { died } = await control.crash(embedder);
		return died !== null;
	});
	await allReady();
	const half = await statusOf(user);
	expect(half.rebuilding).toBeGreaterThan(0);
	expect(half.embedded).toBeLessThan(4);

	// A second request continues with the remaining items and embeds none twice.
	expect((await rebuild()).num_documents).toBeLessThanOrEqual(half.rebuilding);
	for (const id of ids) await control.letTimePass(id);
	await control.sweepNow();
	await until("all are embedded", async () => {
		const { embedded, rebuilding } = await statusOf(user);
		return embedded === 4 && rebuilding === 0;
	});
	expect(await statusOf(user)).toMatchObject({ stale: 0, missing: 0 });
	await allReady();
	expect(await byVector()).toEqual(ids.toSorted());
	const [done] = await control.sql<{ count: number }>(
		"select count(*)::int as count from requests where kind = 'embed' and status = 'done'",
	);
	expect(done?.count).toBe(4);
	expect(await rebuild()).toMatchObject({ num_documents: 0 });
	expect(await rebuild({ force: true })).toMatchObject({ num_documents: 4 });
	await until("all are embedded again", async () => {
		const { rebuilding } = await statusOf(user);
		return rebuilding === 0;
	});
	expect(await byVector()).toEqual(ids.toSorted());
	expect(await user.call("GET", "/search/config")).toMatchObject({
		embedding: { model: "voyage-3.5-lite", dimensions: 1024 },
		counts: { items: 4, embeddings: { "offline-words-1": 4 } },
	});
}, 600_000);
