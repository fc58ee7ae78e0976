import type { Context, SQSEvent } from "aws-lambda";
import { afterAll, beforeAll, expect, it } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { visionFor } from "#ai/vision.ts";
import { visionKey } from "#core/items/item.ts";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { imageProcessed } from "#core/pipeline/events.ts";
import { fakePorts } from "#fakes/ports.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { anthropicWire, description, voyageWire } from "#tools/provider-stubs/wire.ts";
import { collectLogLines } from "../support/log-lines.ts";
import { processedItem } from "./item-states.ts";
import { newUser } from "./new-rows.ts";
import { visionRequest } from "./providers/vision-request.ts";

const secretKey = "sk-ant-api03-zqzqzqzqzqzqzqzq";
const key = { setting: "the parameter", read: async () => secretKey };
const deadline = () => new Date(Date.now() + 20_000);

let anthropic: ProviderServer;
let voyage: ProviderServer;
const lines = collectLogLines();

beforeAll(async () => {
	[anthropic, voyage] = await Promise.all([serveProvider(), serveProvider()]);
});
afterAll(() => Promise.all([anthropic.close(), voyage.close()]));

async function models() {
	return observeModels({
		vision: visionFor({ provider: "anthropic", anthropic: { key, model: "claude-haiku-5-5", baseUrl: anthropic.url } }),
		embedder: await embedderFor({ provider: "voyage", voyage: { key, model: "voyage-3.5-lite", baseUrl: voyage.url } }),
	});
}

const request = () =>
	visionRequest({ sha256: "0".repeat(64), originalFilename: "zq-my-diary.png", deadline: deadline() });

/** Returns each line's metrics with their dimensions. */
const measured = () =>
	lines.map(({ _aws, ...line }) => {
		const names = _aws.CloudWatchMetrics.flatMap(({ Metrics }: { Metrics: { Name: string }[] }) =>
			Metrics.map(({ Name }) => Name),
		);
		return [line.Provider ?? line.Model, ...names.sort()];
	});

it("logs every request to a provider, including those that a retry repaired", async () => {
	anthropic.answers(
		anthropicWire.error(429, "Slow down", { "retry-after": "0" }),
		anthropicWire.error(529, "Overloaded", { "retry-after": "0" }),
		anthropicWire.answer(JSON.stringify(description)),
	);
	const { vision } = await models();
	await vision.describe(request());
	expect(measured()).toEqual([
		["Anthropic", "ProviderDuration", "ProviderThrottles"],
		["Anthropic", "ProviderDuration", "ProviderErrors"],
		["Anthropic", "ProviderDuration"],
		["claude-haiku-5-5", "Dollars", "InputTokens", "OutputTokens"],
	]);
	expect(lines.map(({ ended }) => ended)).toEqual([429, 529, "answered", undefined]);
	expect(lines[3]).toMatchObject({ InputTokens: 2_000, OutputTokens: 400, Dollars: 0.0004, purpose: "vision" });
});

it("logs the cost of unusable answers", async () => {
	anthropic.answers(anthropicWire.answer("{}"), anthropicWire.answer("{}"));
	const { vision } = await models();
	await expect(vision.describe(request())).rejects.toThrow();
	expect(lines.flatMap(({ purpose }) => (purpose ? [purpose] : []))).toEqual(["vision", "repair"]);
});

it("counts no failure and starts no series for a made-up model name", async () => {
	anthropic.answers(anthropicWire.error(404, "model: zq-made-up"));
	const { vision } = await models();
	await expect(vision.describe({ ...request(), model: "zq-made-up" })).rejects.toThrow("zq-made-up");
	expect(lines).toEqual([]);
});

it("measures embeddings, and keeps the embedder's other properties", async () => {
	voyage.answers(voyageWire.answer([voyageWire.vector(1)]));
	const { embedder } = await models();
	expect(embedder.model).toBe("voyage-3.5-lite");
	expect(embedder.fusionWeights.vector).toBeGreaterThan(0);
	await embedder.embed(["zq-diary"], "query", { deadline: deadline() });
	expect(measured()).toEqual([
		["Voyage", "ProviderDuration"],
		["voyage-3.5-lite", "Dollars", "InputTokens", "OutputTokens"],
	]);
});

it("logs each request once, however many ports are created", async () => {
	await models();
	const { embedder } = await models();
	voyage.answers(voyageWire.answer([voyageWire.vector(1)]));
	await embedder.embed(["word"], "query", { deadline: deadline() });
	expect(lines).toHaveLength(2);
});

it("logs no prompt, answer or key that a provider quotes in its refusal", async () => {
	const ports = fakePorts();
	const item = await processedItem(ports, newUser());
	await ports.objects.put(visionKey(item.userId, item.id), Uint8Array.of(0xff, 0xd8, 0xff, 1), "image/jpeg");
	anthropic.answers(
		anthropicWire.error(400, `Your key ${secretKey} sent: a diary named zq-my-diary of ada@example.com`),
	);
	const handler = queueHandler(
		"analyze",
		({ detail }) => imageProcessed.parse(detail),
		async (event, options) => analyzeItem({ ...ports, ...(await models()) }, event, options),
		{ concurrency: 2, delay: async () => {}, send: async () => {} },
	);
	const body = JSON.stringify({
		source: "collections.imageprocessor",
		"detail-type": "ImageProcessed",
		detail: {
			version: 1,
			correlation_id: item.correlationId,
			item_id: item.id,
			user_id: item.userId,
			bucket: "bucket",
			original_key: "key",
			thumbnail_key: "key",
		},
	});
	const { batchItemFailures } = await handler(
		{
			Records: [{ messageId: "m", receiptHandle: "r", body, attributes: { ApproximateReceiveCount: "1" } }],
		} as SQSEvent,
		{ awsRequestId: "r-1", getRemainingTimeInMillis: () => 30_000 } as Context,
	);
	expect(batchItemFailures).toHaveLength(1);
	const failed = lines.find(({ level }) => level === "error");
	expect(failed).toMatchObject({
		Stage: "analyze",
		StageRetries: 1,
		correlation_id: item.correlationId,
		error: { code: "vision_unavailable", cause: { status: 400 } },
	});
	expect(JSON.stringify(lines)).not.toMatch(/zq|diary|ada@|api03/);
	expect(JSON.stringify(lines)).not.toContain(item.userId);
});
