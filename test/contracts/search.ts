import { describe, expect, it } from "vitest";
import type { Hit } from "#core/ports.ts";
import {
	analyzedItem,
	axis,
	newUser,
	type RowPorts,
	readyItem,
} from "./journey.ts";

const headlines = (hits: Hit[]) => hits.map(({ headline }) => headline);

/** What every implementation of `Search` and `VectorIndex` does. */
export function searchContract(get: () => RowPorts): void {
	const byText = (user: string, text: string, more = {}) =>
		get().search.byText(user, { text }, { topK: 10, ...more });

	describe("a search by text", () => {
		it("finds a word in headline, summary, labels and the text in the image", async () => {
			const user = newUser();
			for (const words of [
				{ headline: "lighthouse" },
				{ headline: "b", summary: "An old lighthouse." },
				{ headline: "c", labels: ["lighthouse"] },
				{ headline: "d", extracted: ["LIGHTHOUSE 1911"] },
				{ headline: "none" },
			]) {
				await analyzedItem(get(), user, words);
			}
			const hits = await byText(user, "Lighthouse");
			expect(headlines(hits).sort()).toEqual(["b", "c", "d", "lighthouse"]);
			expect(hits[0]?.headline).toBe("lighthouse");
		});

		it("tells of a hit what a list shows", async () => {
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user, {
				category: "Food",
				headline: "Ramen",
				summary: "A bowl.",
			});
			const [hit] = await byText(user, "ramen");
			expect(hit).toMatchObject({
				itemId: item.id,
				analysisId: analysis.id,
				mimeType: item.mimeType,
				category: "Food",
				headline: "Ramen",
				summary: "A bowl.",
			});
			expect(hit?.score).toBeGreaterThan(0.5);
			expect(hit?.score).toBeLessThanOrEqual(1);
		});

		it("ranks what has every word first, above 0.5, and some words below", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "one tokyo" });
			await analyzedItem(get(), user, { headline: "two tokyo market" });
			await analyzedItem(get(), user, { headline: "three tokyo market ramen" });
			const hits = await byText(user, "ramen market tokyo");
			expect(headlines(hits)).toEqual([
				"three tokyo market ramen",
				"two tokyo market",
				"one tokyo",
			]);
			const [first, ...others] = hits.map(({ score }) => score);
			expect(first).toBeGreaterThan(0.5);
			for (const score of others) expect(score).toBeLessThan(0.5);
		});

		it("finds words without regard to accents and case", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { extracted: ["CAFÉ Münchën"] });
			expect(await byText(user, "cafe munchen")).toHaveLength(1);
			expect(await byText(user, "Café MÜNCHEN")).toHaveLength(1);
		});

		it("finds words inside compounds that punctuation joins", async () => {
			const user = newUser();
			await analyzedItem(get(), user, {
				extracted: [
					"tokyo/osaka www.example.com @spicy_sunday #food-tour 2025-12-13",
				],
			});
			for (const query of [
				"osaka",
				"example",
				"sunday",
				"tour",
				"food-tour",
				"2025-12-13",
				"www.example.com",
			]) {
				expect(await byText(user, query), query).toHaveLength(1);
			}
		});

		it.each([
			"",
			"the of and",
			"🎉🎉",
			"!!! ???",
			'"',
			"' & | ! <-> ( ) :* \\",
			"\0",
			"\ud83d",
		])("gives nothing for %j and does not fail", async (query) => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "the party 🎉" });
			expect(await byText(user, query)).toEqual([]);
		});

		it("takes operators of a query language for text", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "fish and chips" });
			expect(await byText(user, "fish & !chips | (':*")).toHaveLength(1);
		});

		it("takes a query of a thousand words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "word7" });
			const query = Array.from({ length: 1000 }, (_, n) => `word${n}`);
			expect(await byText(user, query.join(" "))).toHaveLength(1);
		});

		it("obeys category, number of results and least score", async () => {
			const user = newUser();
			await analyzedItem(get(), user, {
				category: "Food",
				headline: "x ramen",
			});
			await analyzedItem(get(), user, { category: "Food", headline: "ramen" });
			await analyzedItem(get(), user, { category: "Art", headline: "ramen" });
			expect(await byText(user, "ramen", { category: "Food" })).toHaveLength(2);
			expect(await byText(user, "ramen", { topK: 1 })).toHaveLength(1);
			const some = { text: "ramen unheard", minScore: 0.5 };
			expect(await get().search.byText(user, some, { topK: 5 })).toEqual([]);
		});
	});

	describe("a search by vector", () => {
		it("gives the nearest first, by cosine similarity", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "far" }, axis(10));
			await readyItem(ports, user, { headline: "near" }, axis(0, 0.5));
			await readyItem(ports, user, { headline: "same" }, axis(0));
			const query = { model: "test-model", vector: axis(0) };
			const hits = await ports.search.byVector(user, query, { topK: 10 });
			expect(headlines(hits)).toEqual(["same", "near", "far"]);
			const [same, near, far] = hits.map(({ score }) => score);
			expect(same).toBeCloseTo(1, 3);
			expect(near).toBeCloseTo(1 / Math.hypot(1, 0.5), 3);
			expect(far).toBeCloseTo(0, 3);
		});

		it("compares with vectors of its own model only", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "a" }, axis(0), "model-a");
			await readyItem(ports, user, { headline: "b" }, axis(0), "model-b");
			const query = { model: "model-a", vector: axis(0) };
			const hits = await ports.search.byVector(user, query, { topK: 10 });
			expect(headlines(hits)).toEqual(["a"]);
		});

		it("obeys category, number of results and least similarity", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { category: "Food" }, axis(0));
			await readyItem(ports, user, { category: "Food" }, axis(5));
			await readyItem(ports, user, { category: "Art" }, axis(0));
			const search = async (more = {}, options = {}) => {
				const query = { model: "test-model", vector: axis(0), ...more };
				const all = { topK: 10, ...options };
				return (await ports.search.byVector(user, query, all)).length;
			};
			expect(await search()).toBe(3);
			expect(await search({}, { category: "Food" })).toBe(2);
			expect(await search({}, { topK: 1 })).toBe(1);
			expect(await search({ minSimilarity: 0.5 })).toBe(2);
		});
	});

	describe("a hybrid search", () => {
		const weights = { text: 0.3, vector: 0.7 };
		const query = (text: string) => ({
			text: { text },
			vector: { model: "test-model", vector: axis(0) },
			weights,
		});

		it("joins both legs on the item by reciprocal ranks", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "ramen" }, axis(0, 0.2));
			await readyItem(ports, user, { headline: "vector" }, axis(0));
			await analyzedItem(ports, user, { headline: "bowl ramen" });
			const hits = await ports.search.hybrid(user, query("ramen"), { topK: 5 });
			const of = (headline: string) =>
				hits.find((hit) => hit.headline === headline);
			expect(of("ramen")).toMatchObject({ vectorRank: 2 });
			expect(of("vector")).toMatchObject({ textRank: null, vectorRank: 1 });
			expect(of("bowl ramen")).toMatchObject({ vectorRank: null });
			expect(hits[0]?.headline).toBe("ramen");
			expect(of("vector")?.score).toBeCloseTo(0.7 / 16, 6);
			const both = of("ramen");
			expect(both?.score).toBeCloseTo(
				0.7 / 17 + 0.3 / (15 + (both?.textRank ?? 0)),
				6,
			);
		});

		it("still finds by vector when no word is found, and by words when there is no vector", async () => {
			const ports = get();
			const user = newUser();
			await analyzedItem(ports, user, { headline: "words" });
			expect(
				headlines(await ports.search.hybrid(user, query("words"), { topK: 5 })),
			).toEqual(["words"]);
			const other = newUser();
			await readyItem(ports, other, { headline: "vector" }, axis(3));
			expect(
				headlines(await ports.search.hybrid(other, query("!!"), { topK: 5 })),
			).toEqual(["vector"]);
		});

		it("obeys category and number of results", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { category: "Food", headline: "ramen" });
			await readyItem(ports, user, { category: "Art", headline: "ramen" });
			const search = async (options: { topK: number; category?: string }) =>
				(await ports.search.hybrid(user, query("ramen"), options)).length;
			expect(await search({ topK: 5 })).toBe(2);
			expect(await search({ topK: 1 })).toBe(1);
			expect(await search({ topK: 5, category: "Food" })).toBe(1);
		});
	});

	it("a vector index tells embedded, missing and stale items apart", async () => {
		const ports = get();
		const user = newUser();
		await readyItem(ports, user, {}, axis(0), "now");
		await readyItem(ports, user, {}, axis(0), "before");
		await analyzedItem(ports, user);
		expect(await ports.vectorIndex.status(user, "now")).toEqual({
			items: 3,
			embedded: 1,
			missing: 1,
			stale: 1,
			rebuilding: 0,
		});
	});
}

/** What only the real search does. */
export function languageContract(get: () => RowPorts): void {
	const byText = async (user: string, text: string) =>
		headlines(await get().search.byText(user, { text }, { topK: 10 }));

	describe("a search in PostgreSQL", () => {
		it("finds other forms of an English word", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Running shoes" });
			expect(await byText(user, "shoe for a runner who runs")).toEqual([
				"Running shoes",
			]);
		});

		it("leaves out what a minus excludes, also when only some words are found", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "red kite" });
			await analyzedItem(get(), user, { headline: "red car" });
			expect(await byText(user, "red -car")).toEqual(["red kite"]);
			expect(await byText(user, "red unheard -car")).toEqual(["red kite"]);
		});

		it("ranks a phrase in quotes above its scattered words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "hill in the green" });
			await analyzedItem(get(), user, { headline: "a green hill" });
			const hits = await get().search.byText(
				user,
				{ text: '"green hill"' },
				{ topK: 5 },
			);
			expect(headlines(hits)).toEqual(["a green hill", "hill in the green"]);
			expect(hits[1]?.score).toBeLessThan(0.5);
		});

		it("lets a rare word count more than a common one", async () => {
			const user = newUser();
			for (let count = 0; count < 6; count++) {
				await analyzedItem(get(), user, { headline: `ticket office ${count}` });
			}
			await analyzedItem(get(), user, { headline: "teamlab" });
			expect((await byText(user, "ticket teamlab office unheard"))[0]).toBe(
				"teamlab",
			);
		});
	});
}
