import { describe, expect, it } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { embeddingDimensions } from "#core/ports.ts";

const embedder = await embedderFor({ provider: "offline" });

async function embedAll(texts: string[]): Promise<Float32Array[]> {
	const deadline = new Date(Date.now() + 60_000);
	return (await embedder.embed(texts, "document", { deadline })).vectors;
}

async function embed(text: string): Promise<Float32Array> {
	const [vector] = await embedAll([text]);
	if (!vector) throw new Error("No vector.");
	return vector;
}

async function similarity(one: string, other: string): Promise<number> {
	const [a, b] = [await embed(one), await embed(other)];
	return a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
}

describe("the offline embedder", () => {
	it.each([
		"boarding pass to Reykjavik",
		"",
		" \n ",
		"!?#",
		"the",
		"a",
		"東京タワー",
		"🎉",
		"x".repeat(100_000),
		"saffron risotto ".repeat(6_000),
	])("gives a unit vector for %.20j", async (text) => {
		const vector = await embed(text);
		expect(vector).toBeInstanceOf(Float32Array);
		expect(vector).toHaveLength(embeddingDimensions);
		expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
	});

	it("gives one vector a text, in order, and the same each time", async () => {
		const texts = ["one ticket", "", "two recipes"];
		const vectors = await embedAll(texts);
		expect(vectors).toEqual(await Promise.all(texts.map(embed)));
		expect(await embedAll([])).toEqual([]);
	});

	it("still computes what vectors stored as offline-ngrams-1 were computed by", async () => {
		expect(embedder.model).toBe("offline-ngrams-1");
		const vector = await embed("Café in Lisbon, cafe in Porto");
		const digest = vector.reduce((sum, x, at) => sum + x * (at + 1), 0);
		expect(digest).toBeCloseTo(-166.0946, 3);
	});

	it("does not tell case and accents apart", async () => {
		expect(await similarity("CAFÉ Zürich", "cafe zurich")).toBeCloseTo(1, 5);
	});

	it("finds word forms and misread letters nearer than other words", async () => {
		const other = await similarity("museum ticket", "garlic butter");
		expect(Math.abs(other)).toBeLessThan(0.15);
		for (const near of ["museums tickets", "rnuseum tickel", "ticketing"]) {
			expect(await similarity("museum ticket", near)).toBeGreaterThan(
				other + 0.2,
			);
		}
	});

	it("does not let common words decide", async () => {
		const query = "where is the gate of the flight";
		expect(await similarity(query, "flight NW 648, gate 22")).toBeGreaterThan(
			await similarity(query, "where is the rest of the cake"),
		);
	});

	it("counts less in a hybrid search than the text does", () => {
		expect(embedder.fusionWeights).toEqual({ vector: 0.05, text: 0.95 });
	});
});

it("names the setting where a provider is unknown", async () => {
	await expect(embedderFor({ provider: "voyager" })).rejects.toThrow(
		/"voyager".*embeddingProvider in cdk\.json/,
	);
});
