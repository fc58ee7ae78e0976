import { describe, expect, it } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { embeddingDimensions } from "#core/ports/index.ts";

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

async function similarity(textA: string, textB: string): Promise<number> {
	const [a, b] = [await embed(textA), await embed(textB)];
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
	])("returns a unit vector for %.20j", async (text) => {
		const vector = await embed(text);
		expect(vector).toBeInstanceOf(Float32Array);
		expect(vector).toHaveLength(embeddingDimensions);
		expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
	});

	it("returns one vector per text, in order, and the same each time", async () => {
		const texts = ["one ticket", "", "two recipes"];
		const vectors = await embedAll(texts);
		expect(vectors).toEqual(await Promise.all(texts.map(embed)));
		expect(await embedAll([])).toEqual([]);
	});

	it("still computes the vectors that are stored as offline-words-1", async () => {
		expect(embedder.model).toBe("offline-words-1");
		const vector = await embed("Café in Lisbon, cafe in Porto");
		const digest = vector.reduce((sum, x, at) => sum + x * (at + 1), 0);
		expect(digest).toBeCloseTo(291.341, 3);
	});

	it("has 1-bit codes by which a text of two words is near the long text with both words, among 400", async () => {
		const word = (n: number) => `w${(n * 2_654_435_761).toString(36)}`;
		const texts = Array.from({ length: 400 }, (_, text) =>
			Array.from({ length: 5 + ((text * 7) % 60) }, (_, at) => word(text * 100 + at)),
		);
		const stored = await embedAll(texts.map((words) => words.join(" ")));
		const isSet = (vector: Float32Array) => Array.from(vector, (x) => x > 0);
		const codes = stored.map(isSet);
		const distance = (a: boolean[], b: boolean[]) => a.filter((bit, at) => bit !== b[at]).length;
		let near = 0;
		for (const [text, words] of texts.entries()) {
			const code = isSet(await embed(words.slice(2, 4).join(" ")));
			const distances = codes.map((stored) => distance(code, stored));
			const own = distances[text] ?? Number.NaN;
			if (distances.filter((distance) => distance < own).length < 80) near += 1;
		}
		// A search compares the exact vectors of the 80 nearest codes.
		expect(near / texts.length).toBeGreaterThan(0.97);
	});

	it("ignores case and accents", async () => {
		expect(await similarity("CAFÉ Zürich", "cafe zurich")).toBeCloseTo(1, 5);
	});

	it("puts word forms and misread letters nearer than other words", async () => {
		const unrelated = await similarity("museum ticket", "garlic butter");
		expect(Math.abs(unrelated)).toBeLessThan(0.15);
		for (const near of ["museums tickets", "rnuseum tickel", "ticketing"]) {
			expect(await similarity("museum ticket", near)).toBeGreaterThan(unrelated + 0.2);
		}
	});

	it("puts words of one meaning nearer than other words, whatever their letters", async () => {
		for (const [word, near, far] of [
			["automobile", "car repair bill", "garlic butter"],
			["lodging", "hotel room", "train ticket"],
			["physician", "an appointment with the doctor", "a lesson with the teacher"],
			["groceries", "milk and bread", "screws and paint"],
		] as const) {
			expect(await similarity(word, near)).toBeGreaterThan((await similarity(word, far)) + 0.05);
		}
	});

	it("compares a word that its table lacks by letters alone", async () => {
		expect(await similarity("wombatorium", "wombatorium")).toBeCloseTo(1, 5);
		expect(await similarity("wombatorium", "wombatoriums")).toBeGreaterThan(0.5);
		expect(Math.abs(await similarity("wombatorium", "zoo animals"))).toBeLessThan(0.1);
	});

	it("compares a text by meaning the less the more of its words its table lacks", async () => {
		const known = await similarity("car", "automobile");
		expect(known).toBeGreaterThan(0.2);
		expect(await similarity("car qwxyzv brxqt vlmpf", "automobile")).toBeLessThan(0.75 * known);
	});

	it("gives common words little weight", async () => {
		const query = "where is the gate of the flight";
		expect(await similarity(query, "flight NW 648, gate 22")).toBeGreaterThan(
			await similarity(query, "where is the rest of the cake"),
		);
	});

	it("weighs less in a hybrid search than the text", () => {
		expect(embedder.fusionWeights).toEqual({ vector: 0.5, text: 0.5 });
	});
});

it("an unknown provider is refused with the name of the setting", async () => {
	await expect(embedderFor({ provider: "voyager" })).rejects.toThrow(/"voyager".*embeddingProvider in cdk\.json/);
});
