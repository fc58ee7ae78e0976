import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { offlineEmbedder } from "#ai/offline/embedder.ts";
import { type Outputs, readOutputsFile } from "#cli/outputs.ts";
import { RestClient } from "#cli/rest-client.ts";
import { type AwsCredentials, ensureUser, signIn } from "#cli/users.ts";
import { invoke, operatorOf, synthesize } from "#scripts/local/local.ts";
import { voyageWire } from "../contracts/providers/wire.ts";
import {
	type CloudProcess,
	describeInstantly,
	startCloudProcess,
} from "./cloud-process.ts";
import { Control } from "./control.ts";
import { screenshot } from "./drawings.ts";

// A cloud of its own, whose embedding model changes from one start to the next.
let directory: string;
let voyage: Server;
let cloud: CloudProcess | undefined;
const [email, password] = ["rebuilds@example.com", "correct-Horse-9"];

interface Status {
	items: number;
	embedded: number;
	missing: number;
	stale: number;
	rebuilding: number;
	model: string;
}

beforeAll(async () => {
	directory = await mkdtemp(path.join(tmpdir(), "collections-rebuild-"));
	voyage = createServer(async (request, answer) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const { input } = JSON.parse(Buffer.concat(chunks).toString());
		const texts = Array.isArray(input) ? input : [input];
		const { vectors } = await offlineEmbedder().embed(texts, "document", {
			deadline: new Date(),
		});
		const { body } = voyageWire.answer(
			vectors.map((vector) => Array.from(vector)),
		) as { body: unknown };
		answer.writeHead(200, { "content-type": "application/json" });
		answer.end(JSON.stringify(body));
	});
	await new Promise<void>((ready) => voyage.listen(0, "127.0.0.1", ready));
});
afterAll(async () => {
	await cloud?.stop();
	voyage?.close();
	voyage?.closeAllConnections();
	await rm(directory, { recursive: true, force: true });
});

async function start(embedding: "offline" | "voyage") {
	const { port } = voyage.address() as AddressInfo;
	const options = {
		assembly: path.join(directory, embedding, "cdk.out"),
		stateDir: path.join(directory, "state"),
		outputsFile: path.join(directory, "outputs.json"),
	};
	await synthesize(
		options.assembly,
		embedding === "voyage"
			? {
					keys: ["voyage"],
					providerUrls: { voyage: `http://127.0.0.1:${port}` },
				}
			: {},
	);
	await describeInstantly(options.assembly);
	cloud = await startCloudProcess(options);
	const outputs: Outputs = await readOutputsFile(options.outputsFile, "start");
	const operator: AwsCredentials = await operatorOf(options.stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	await ensureUser(outputs, operator, email, password);
	const token = await signIn(outputs, email, password);
	const user = new RestClient(outputs.ApiUrl, token);
	return { outputs, operator, user, control: new Control(outputs, operator) };
}

const statusOf = (user: RestClient) =>
	user.call<Status>("GET", "/vector-index/status");

async function until(what: string, holds: () => Promise<boolean>) {
	const end = Date.now() + 90_000;
	while (!(await holds())) {
		if (Date.now() > end) throw new Error(`Never so: ${what}.`);
		await sleep(100);
	}
}

test("a rebuild for a new model survives the embedder's death, and every item stays ready and found", async () => {
	const before = await start("offline");
	const ids: string[] = [];
	for (let count = 0; count < 4; count++) {
		const { bytes } = await screenshot(count);
		const { id } = await before.user.upload(`Harbour ${count}.png`, bytes);
		ids.push(id);
	}
	for (const id of ids) {
		expect((await before.user.settled(id)).status).toBe("ready");
	}
	expect(await statusOf(before.user)).toMatchObject({ embedded: 4, stale: 0 });
	await cloud?.stop();

	const { outputs, operator, user, control } = await start("voyage");
	await new SSMClient({
		region: outputs.Region,
		endpoint: outputs.AwsEndpointUrl ?? undefined,
		credentials: operator,
	}).send(
		new PutParameterCommand({
			Name: "/collections/local/voyage-api-key",
			Value: "pa-of-the-test",
			Type: "SecureString",
		}),
	);
	const byVector = async () => {
		const asked = { search_type: "vector" };
		const { results } = await user.search("Harbour", asked);
		return results.map(({ item_id }) => item_id).sort();
	};
	const allReady = async () => {
		for (const id of ids) expect((await user.item(id)).status).toBe("ready");
	};
	expect(await statusOf(user)).toMatchObject({
		items: 4,
		embedded: 0,
		stale: 4,
		model: "voyage-3.5-lite",
	});
	expect(await byVector()).toEqual([]);

	const embedder = String(outputs.EmbedderFunctionName);
	await control.crashNext(embedder, "before:stages.commitEmbedded");
	const rebuild = (body?: object) =>
		user.call<{ status: string; num_documents: number }>(
			"POST",
			"/vector-index/rebuild",
			body,
		);
	expect(await rebuild()).toEqual({ status: "accepted", num_documents: 4 });
	await until("the embedder has died", async () => {
		const { died } = await control.crash(embedder);
		return died !== null;
	});
	await allReady();
	const half = await statusOf(user);
	expect(half.rebuilding).toBeGreaterThan(0);
	expect(half.embedded).toBeLessThan(4);

	// Asked again, it goes on with what is left and doubles nothing.
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
}, 240_000);

test("the same picture in another size is a near-duplicate, and a search's settings are those of the running system", async () => {
	if (!cloud) throw new Error("The cloud is not there.");
	const outputs = await readOutputsFile(
		path.join(directory, "outputs.json"),
		"start",
	);
	const token = await signIn(outputs, email, password);
	const user = new RestClient(outputs.ApiUrl, token);
	const { bytes } = await screenshot(1);
	const smaller = await sharp(bytes)
		.resize(300)
		.jpeg({ quality: 60 })
		.toBuffer();
	const large = await user.upload("large.png", bytes);
	const small = await user.upload("small.jpg", new Uint8Array(smaller));
	for (const { id } of [large, small]) await user.settled(id);
	const { results } = await user.call<{
		results: { item_id: string; near_duplicate: boolean; distance: number }[];
	}>("POST", `/items/${large.id}/similar`, { top_k: 5 });
	expect(results.map(({ item_id }) => item_id)).not.toContain(large.id);
	const alike = results.filter(({ near_duplicate }) => near_duplicate);
	expect(alike.map(({ item_id }) => item_id)).toContain(small.id);
	expect(results.some(({ near_duplicate }) => !near_duplicate)).toBe(true);

	const config = await user.call("GET", "/search/config");
	expect(config).toMatchObject({
		parameters: { rrf_k: expect.any(Number) },
		embedding: { model: "voyage-3.5-lite", dimensions: 1024 },
		database: {
			extensions: { vector: expect.any(String) },
			indexes: expect.arrayContaining([
				expect.objectContaining({ name: "embeddings_codes", valid: true }),
			]),
		},
		counts: { items: 6, embeddings: { "offline-ngrams-2": 4 } },
	});
});
