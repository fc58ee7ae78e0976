import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { ModelFailure, PermanentFailure } from "#core/errors.ts";
import { originalKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import { maxAttempts, type Vision, type VisionRequest } from "#core/ports/index.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./api/ready-item.ts";

const png = Buffer.from("\x89PNG\r\n\x1a\n boarding pass", "latin1");
const deadline = new Date(Date.now() + 60_000);
const options = { leaseSeconds: 60, deadline };

let ports: FakePorts;
let user: string;
let itemId: string;

beforeEach(async () => {
	ports = fakePorts();
	user = randomUUID();
	const { item } = await uploadItem(ports, user, {
		filename: "pass.png",
		bytes: png,
	});
	itemId = item.id;
	await processImage(ports, { key: originalKey(item) }, options);
});

const event = () => ({ user_id: user, item_id: itemId });
const analyze = (vision: Vision = ports.vision) => analyzeItem({ ...ports, vision }, event(), options);
const stored = async () => (await ports.items.find(user, itemId))?.item;
const latestAnalysis = async () => (await ports.items.find(user, itemId))?.latestAnalysis;
const failing = (error: Error): Vision => ({
	describe: () => Promise.reject(error),
});
const billedUsage = {
	purpose: "vision",
	provider: "test",
	model: "test-1",
	inputTokens: 7,
	outputTokens: 1,
	costUsd: null,
} as const;

describe("an item whose model call", () => {
	it("is refused fails with the reason, without another call", async () => {
		const refusal = new PermanentFailure({ code: "vision_refused", detail: "Refused." }, undefined, [billedUsage]);
		expect(await analyze(failing(refusal))).toBe("failed");
		expect(await stored()).toMatchObject({
			status: "failed",
			error: { code: "vision_refused", detail: "Refused." },
		});
		expect(await analyze()).toBe("skipped");
	});

	it("finds no model keeps its status and the attempt's usage", async () => {
		const away = new ModelFailure("vision_unavailable", "Away.", {
			usage: [billedUsage],
		});
		await expect(analyze(failing(away))).rejects.toBe(away);
		expect(await stored()).toMatchObject({ status: "processed", error: null });
		expect(await analyze()).toBe("committed");
		expect((await latestAnalysis())?.usage).toMatchObject([billedUsage, { provider: "fake", purpose: "vision" }]);
	});

	it("has no configuration fails after a bounded number of attempts, each with one call", async () => {
		let calls = 0;
		const vision: Vision = {
			async describe() {
				calls += 1;
				throw new ModelFailure("provider_not_configured", "Set the key.");
			},
		};
		for (let tries = 0; tries < maxAttempts; tries++) {
			await expect(analyze(vision)).rejects.toThrow("Set the key.");
		}
		expect(await analyze(vision)).toBe("skipped");
		expect(await stored()).toMatchObject({
			status: "failed",
			error: { code: "retries_exhausted" },
		});
		expect(calls).toBe(maxAttempts);
	});

	it("runs has the deadline of the invocation", async () => {
		let visionRequest: VisionRequest | undefined;
		await analyze({
			describe(request) {
				visionRequest = request;
				return ports.vision.describe(request);
			},
		});
		expect(visionRequest?.deadline).toBe(deadline);
	});
});

it("an analysis's usage includes the embedding's calls, failed ones too", async () => {
	await analyze();
	const analysis = await latestAnalysis();
	const embed = (embedder = ports.embedder) =>
		embedAnalysis({ ...ports, embedder }, { ...event(), analysis_id: analysis?.id ?? "" }, options);
	const flawed = new ModelFailure("embedding_unavailable", "Not a vector.", {
		usage: [{ ...billedUsage, purpose: "embedding" }],
	});
	await expect(embed({ ...ports.embedder, embed: () => Promise.reject(flawed) })).rejects.toBe(flawed);
	expect(await embed()).toBe("committed");
	expect(await stored()).toMatchObject({ status: "ready" });
	expect((await latestAnalysis())?.usage.map(({ provider, purpose }) => [provider, purpose])).toEqual([
		["fake", "vision"],
		["test", "embedding"],
		["fake", "embedding"],
	]);
});

it("a vision model knows a hundred tags at most, those first that the person gave", async () => {
	const numbered = (word: string, count: number) => Array.from({ length: count }, (_, at) => `${word} ${at}`);
	const suggested = numbered("suggested", 20);
	for (let items = 0; items < 2; items++) {
		const stored = ports.store.items.get((await readyItem(ports, user)).itemId);
		if (stored) stored.tags = suggested.map((name) => ({ name, source: "model" }));
	}
	const { itemId: first } = await readyItem(ports, user);
	await ports.edits.edit(user, first, { tags: numbered("own", 60) });
	const known: string[][] = [];
	const vision: Vision = {
		describe: (request) => {
			known.push(request.knownTags);
			return ports.vision.describe(request);
		},
	};
	await analyze(vision);
	expect(known[0]?.slice(0, 60).toSorted()).toEqual(numbered("own", 60).toSorted());
	expect(known[0]?.slice(60).toSorted()).toEqual(suggested.toSorted());

	const { itemId: second } = await readyItem(ports, user);
	await ports.edits.edit(user, second, { tags: numbered("more", 60) });
	await ports.requests.create({ id: itemId, userId: user, itemId, kind: "analyze", provider: null, model: null });
	await analyzeItem({ ...ports, vision }, { ...event(), request_id: itemId }, options);
	expect(known[1]).toHaveLength(100);
	expect(known[1]?.filter((name) => name.startsWith("suggested"))).toEqual([]);
});
