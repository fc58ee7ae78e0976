import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { placedVision } from "#ai/placed-vision.ts";
import { imageDescription } from "#core/items/analysis.ts";
import type { Vision, VisionRequest } from "#core/ports/index.ts";

const line = { text: "Gate 12", confidence: 0.9, box: { x: 0, y: 0, width: 0.5, height: 0.1 } };
const invented = { ...line, text: "Invented", box: { x: 0.9, y: 0.9, width: 0.1, height: 0.1 } };

const never = (reason: unknown) => {
	throw reason;
};

const model = (text_lines?: unknown): Vision => ({
	describe: async () => ({
		description: imageDescription.parse({
			category: "Travel",
			headline: "A boarding pass",
			summary: "",
			image_details: { extracted_text: ["Gate 12"], ...(text_lines !== undefined && { text_lines }) },
			media_metadata: {},
		}),
		provider: "stub",
		model: "stub",
		traceId: null,
		usage: [],
	}),
});

const request = (seconds = 60) => ({ deadline: new Date(Date.now() + seconds * 1_000) }) as VisionRequest;

async function linesOf(vision: Vision, seconds?: number) {
	const { description } = await vision.describe(request(seconds));
	return description.image_details.text_lines;
}

test("a model's description has the places that OCR found", async () => {
	expect(await linesOf(placedVision(model(), async () => [line], never))).toEqual([line]);
});

test("places that a model claims are dropped", async () => {
	expect(await linesOf(placedVision(model([invented]), async () => [line], never))).toEqual([line]);
	const failing = placedVision(
		model([invented]),
		() => Promise.reject(new Error("no reader")),
		() => {},
	);
	expect(await linesOf(failing)).toBeUndefined();
});

test("an OCR that fails is reported and costs the places alone", async () => {
	const reasons: unknown[] = [];
	const vision = placedVision(
		model(),
		() => Promise.reject(new Error("The reading thread ended.")),
		(reason) => reasons.push(reason),
	);
	expect(await linesOf(vision)).toBeUndefined();
	expect(reasons).toEqual([new Error("The reading thread ended.")]);
});

test("an OCR that has not ended near the deadline is not waited for", async () => {
	const reasons: unknown[] = [];
	const started = performance.now();
	const vision = placedVision(
		model(),
		async () => {
			await sleep(10_000, undefined, { ref: false });
			return [line];
		},
		(reason) => reasons.push(reason),
	);
	expect(await linesOf(vision, 5.2)).toBeUndefined();
	expect(performance.now() - started).toBeLessThan(8_000);
	expect(reasons).toHaveLength(1);
});

test("a failure of the model is the description's failure", async () => {
	const vision = placedVision({ describe: () => Promise.reject(new Error("refused")) }, async () => [line], never);
	await expect(vision.describe(request())).rejects.toThrow("refused");
});
