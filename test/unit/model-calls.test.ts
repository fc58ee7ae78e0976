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
