import { describe, expect, it } from "vitest";
import type { Hit } from "#core/ports/index.ts";
import { analyzedItem, type RowPorts, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

const headlines = (hits: Hit[]) => hits.map(({ headline }) => headline);

/** Tests an implementation of `Search` and `VectorIndex`. */
export function searchContract(get: () => RowPorts): void {
	const byText = (user: string, text: string, more = {}) => get().search.byText(user, { text }, { topK: 10, ...more });

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

		it("returns with a hit the fields that a list shows", async () => {
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

		it("scores items with every word above 0.5 and those with some words below", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "one tokyo" });
			await analyzedItem(get(), user, { headline: "two tokyo market" });
			await analyzedItem(get(), user, { headline: "three tokyo market ramen" });
			const hits = await byText(user, "ramen market tokyo");
			expect(headlines(hits)).toEqual(["three tokyo market ramen", "two tokyo market", "one tokyo"]);
			const [first, ...others] = hits.map(({ score }) => score);
			expect(first).toBeGreaterThan(0.5);
			for (const score of others) expect(score).toBeLessThan(0.5);
		});

		it("ignores accents and case", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { extracted: ["CAFÉ Münchën"] });
			expect(await byText(user, "cafe munchen")).toHaveLength(1);
			expect(await byText(user, "Café MÜNCHEN")).toHaveLength(1);
		});

		it("finds words inside compounds that punctuation joins", async () => {
			const user = newUser();
			await analyzedItem(get(), user, {
				extracted: ["tokyo/osaka www.example.com @spicy_sunday #food-tour 2025-12-13"],
			});
			for (const query of ["osaka", "example", "sunday", "tour", "food-tour", "2025-12-13", "www.example.com"]) {
				expect(await byText(user, query), query).toHaveLength(1);
			}
		});

		it.each(["", "the of and", "🎉🎉", "!!! ???", '"', "' & | ! <-> ( ) :* \\", "\0", "\ud83d"])(
			"finds nothing for %j",
			async (query) => {
				const user = newUser();
				await analyzedItem(get(), user, { headline: "the party 🎉" });
				expect(await byText(user, query)).toEqual([]);
			},
		);

		it("reads operators of a query language as text", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "fish and chips" });
			expect(await byText(user, "fish & !chips | (':*")).toHaveLength(1);
		});

		it("accepts a query of a thousand words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "word7" });
			const query = Array.from({ length: 1000 }, (_, n) => `word${n}`);
			expect(await byText(user, query.join(" "))).toHaveLength(1);
		});

		it("is limited by category, number of results and minimum score", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { category: "Food", headline: "x ramen" });
			await analyzedItem(get(), user, { category: "Food", headline: "ramen" });
			await analyzedItem(get(), user, { category: "Art", headline: "ramen" });
			expect(await byText(user, "ramen", { category: "Food" })).toHaveLength(2);
			expect(await byText(user, "ramen", { topK: 1 })).toHaveLength(1);
			const some = { text: "ramen unheard", minScore: 0.5 };
			expect(await get().search.byText(user, some, { topK: 5 })).toEqual([]);
		});
	});

	it("a search by text ranks the exact word before other forms of it, all else being equal", async () => {
		const user = newUser();
		const others = ["paint", "paints", "painted", "paintings"];
		for (const form of [...others, "Painting", ...others]) {
			await analyzedItem(get(), user, { headline: `${form} harbour` });
		}
		expect(headlines(await byText(user, "painting"))[0]).toBe("Painting harbour");
		for (const form of [...others, "PAINTING,", ...others]) {
			await analyzedItem(get(), user, { headline: form, extracted: [`a_${form}`, "lighthouse"] });
		}
		expect(headlines(await byText(user, "lighthouse painting"))[0]).toBe("PAINTING,");
	});

	describe("the answerability threshold of a search by text", () => {
		const labels = Array.from({ length: 40 }, (_, n) => `label${n}`);
		const words = "lighthouse unheard unseen unsaid";

		it("refuses a query most of whose words no item has", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "A lighthouse", labels });
			expect(await byText(user, words)).toEqual([]);
			const fewer = "a lighthouse, label7, unheard";
			expect(await byText(user, fewer)).toHaveLength(1);
		});

		it("accepts an image of which only the text was read with fewer of the words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { extracted: ["LIGHTHOUSE 1911"] });
			expect(await byText(user, words)).toHaveLength(1);
		});

		it("is replaced by a minimum score", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "A lighthouse", labels });
			const query = { text: words, minScore: 0 };
			const hits = await get().search.byText(user, query, { topK: 5 });
			expect(headlines(hits)).toEqual(["A lighthouse"]);
		});
	});

	describe("a hit of a search by text", () => {
		it("names the matched words and their fields", async () => {
			const user = newUser();
			await analyzedItem(get(), user, {
				headline: "Harbour at night",
				summary: "Boats in a harbour.",
				labels: ["crane"],
				extracted: ["CAFÉ LIGHTHOUSE"],
			});
			const [hit] = await byText(user, "cafe harbour crane unheard");
			expect(hit?.matched).toEqual([
				{ word: "harbour", field: "headline" },
				{ word: "harbour", field: "summary" },
				{ word: "crane", field: "labels" },
				{ word: "cafe", field: "extracted_text" },
			]);
			expect(hit).toMatchObject({ textRank: 1, textScore: hit?.score });
		});

		it("has a snippet on request", async () => {
			const user = newUser();
			const summary = "Boats lie in the harbour.";
			await analyzedItem(get(), user, { headline: "Boats", summary });
			expect((await byText(user, "harbour"))[0]).not.toHaveProperty("snippet");
			const [hit] = await byText(user, "harbour", { explain: true });
			expect(hit?.snippet).toContain("harbour");
		});

		it("has its matched words in its snippet, though other words are only in other items", async () => {
			const user = newUser();
			await analyzedItem(get(), user, {
				headline: "Notes of a long and quiet day that nobody else remembers",
				summary: `We walked for hours and spoke of this and that. ${"The road went on and on. ".repeat(20)}At last the crane by the harbour came into sight.`,
			});
			await analyzedItem(get(), user, { headline: "Seagulls" });
			const found = await byText(user, "harbour crane seagulls", { minScore: 0, explain: true });
			expect(found).toHaveLength(2);
			const walk = found.find(({ headline }) => headline.startsWith("Notes"));
			expect(walk?.snippet).toMatch(/crane by the harbour/);
		});
	});

	describe("a search by vector", () => {
		it("ranks by cosine similarity", async () => {
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

		it("compares vectors of its own model only", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "a" }, axis(0), "model-a");
			await readyItem(ports, user, { headline: "b" }, axis(0), "model-b");
			const query = { model: "model-a", vector: axis(0) };
			const hits = await ports.search.byVector(user, query, { topK: 10 });
			expect(headlines(hits)).toEqual(["a"]);
		});

		it("is limited by category, number of results and minimum similarity", async () => {
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

		it("finds nothing if the best is below the threshold, otherwise also hits half as similar", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "good" }, axis(0, 1));
			await readyItem(ports, user, { headline: "half" }, axis(0, 2));
			await readyItem(ports, user, { headline: "far" }, axis(9));
			const search = async (answerabilityThreshold: number, more = {}) => {
				const vector = axis(0);
				const query = { model: "test-model", vector, answerabilityThreshold, ...more };
				const hits = await ports.search.byVector(user, query, { topK: 9 });
				return headlines(hits);
			};
			expect(await search(0.72)).toEqual([]); // the best has 0.71
			expect(await search(0.7)).toEqual(["good", "half"]);
			expect(await search(0.99, { minSimilarity: 0.4 })).toEqual(["good", "half"]);
		});
	});

	describe("a hybrid search", () => {
		const weights = { text: 0.3, vector: 0.7 };
		const query = (text: string) => ({ text: { text }, vector: { model: "test-model", vector: axis(0) }, weights });

		it("fuses both retrievers by reciprocal rank", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "ramen" }, axis(0, 0.2));
			await readyItem(ports, user, { headline: "vector" }, axis(0));
			await analyzedItem(ports, user, { headline: "bowl ramen" });
			const hits = await ports.search.hybrid(user, query("ramen"), { topK: 5 });
			const hit = (headline: string) => hits.find((found) => found.headline === headline);
			expect(hit("ramen")).toMatchObject({ vectorRank: 2 });
			expect(hit("vector")).toMatchObject({ textRank: null, vectorRank: 1 });
			expect(hit("bowl ramen")).toMatchObject({ vectorRank: null });
			expect(hits[0]?.headline).toBe("ramen");
			expect(hit("vector")?.score).toBeCloseTo(0.7 / 16, 6);
			const both = hit("ramen");
			expect(both?.similarity).toBeCloseTo(1 / Math.hypot(1, 0.2), 3);
			expect(both?.textShare).toBeCloseTo(0.3 / (15 + (both?.textRank ?? 0)));
			expect(both?.vectorShare).toBeCloseTo(0.7 / 17, 6);
			expect(both?.matched).toEqual([{ word: "ramen", field: "headline" }]);
			expect(hit("vector")).toMatchObject({ textShare: 0, matched: [] });
			expect(both?.score).toBeCloseTo(0.7 / 17 + 0.3 / (15 + (both?.textRank ?? 0)), 6);
		});

		it("finds by vector alone if no word matches, and by words alone if there is no vector", async () => {
			const ports = get();
			const user = newUser();
			await analyzedItem(ports, user, { headline: "words" });
			expect(headlines(await ports.search.hybrid(user, query("words"), { topK: 5 }))).toEqual(["words"]);
			const withVector = newUser();
			await readyItem(ports, withVector, { headline: "vector" }, axis(3));
			expect(headlines(await ports.search.hybrid(withVector, query("!!"), { topK: 5 }))).toEqual(["vector"]);
		});

		it("is limited by category and number of results", async () => {
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

	it("a vector index counts embedded, missing and stale items", async () => {
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

/** Tests the language of a search in PostgreSQL. */
export function languageContract(get: () => RowPorts): void {
	const byText = async (user: string, text: string) =>
		headlines(await get().search.byText(user, { text }, { topK: 10 }));

	describe("a search in PostgreSQL", () => {
		it("finds other forms of an English word", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Running shoes" });
			expect(await byText(user, "shoe for a runner who runs")).toEqual(["Running shoes"]);
		});

		it("leaves out items with an excluded word, also if only some words match", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "red kite" });
			await analyzedItem(get(), user, { headline: "red car" });
			expect(await byText(user, "red -car")).toEqual(["red kite"]);
			expect(await byText(user, "red unheard -car")).toEqual(["red kite"]);
		});

		it("does not find an item with an excluded word by its vector", async () => {
			const user = newUser();
			await readyItem(get(), user, { headline: "red kite" }, axis(1));
			await readyItem(get(), user, { headline: "red car" }, axis(0));
			const hits = await get().search.hybrid(
				user,
				{
					text: { text: "red -car" },
					vector: { model: "test-model", vector: axis(0, 0.5), answerabilityThreshold: 0.8 },
					weights: { text: 0.5, vector: 0.5 },
				},
				{ topK: 5 },
			);
			expect(headlines(hits)).toEqual(["red kite"]);
			expect(hits[0]?.vectorRank).toBeNull();
		});

		it.each(["Fukuoka - Day 2", "Fukuoka -- Day 2", "- Fukuoka Day 2 -"])(
			"finds an item by %j: a dash between spaces excludes nothing",
			async (title) => {
				const user = newUser();
				await analyzedItem(get(), user, { headline: "Fukuoka, Day 2" });
				const [hit] = await get().search.byText(user, { text: title }, { topK: 5 });
				expect(hit?.headline).toBe("Fukuoka, Day 2");
				expect(hit?.score).toBeGreaterThan(0.5); // as for an item with every word
			},
		);

		it("finds nothing by two corrected words alone", async () => {
			const user = newUser();
			const labels = Array.from({ length: 50 }, (_, n) => `thing${n}`);
			const headline = "A hostel beside the park";
			await analyzedItem(get(), user, { headline, labels });
			expect(await byText(user, "hotels in Paris")).toEqual([]);
			expect(await byText(user, "hotels")).toEqual([headline]);
			expect(await byText(user, "hotels beside a thing7")).toEqual([headline]);
		});

		it("ranks a phrase in quotes above its scattered words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "hill in the green" });
			await analyzedItem(get(), user, { headline: "a green hill" });
			const hits = await get().search.byText(user, { text: '"green hill"' }, { topK: 5 });
			expect(headlines(hits)).toEqual(["a green hill", "hill in the green"]);
			expect(hits[1]?.score).toBeLessThan(0.5);
		});

		const described = Array.from({ length: 40 }, (_, n) => `label${n}`);

		it("answers where each word is in another item, and gives them all", async () => {
			const user = newUser();
			for (const headline of ["A lighthouse", "A harbour", "A seagull"]) {
				await analyzedItem(get(), user, { headline, labels: described });
			}
			expect(await byText(user, "lighthouse harbour seagull")).toHaveLength(3);
			expect(await byText(user, "lighthouse harbour unheard")).toEqual([]);
		});

		it("leaves out what has too little of the query beside what has most of it", async () => {
			const user = newUser();
			const longHeadline = "Red harbour crane at dawn";
			await analyzedItem(get(), user, { headline: longHeadline, labels: described });
			await analyzedItem(get(), user, { headline: "Red socks", labels: described });
			const query = "red harbour crane dawn";
			expect(await byText(user, `${query} sea`)).toEqual([longHeadline]);
			expect(await byText(user, "red")).toHaveLength(2);
		});

		it("scores words that stand near to each other above the same words far apart", async () => {
			const user = newUser();
			for (const [headline, between] of [
				["near", ""],
				["far", "and this and that, up and down the long road, ".repeat(12)],
			]) {
				const summary = `The harbour ${between}crane.`;
				await analyzedItem(get(), user, { headline, summary });
			}
			const hits = await get().search.byText(user, { text: "harbour crane" }, { topK: 5 });
			expect(headlines(hits)).toEqual(["near", "far"]);
			expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? 1);
		});

		it("corrects a word that no item has to the most similar one, and reports it", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Strawberry fields" });
			await analyzedItem(get(), user, { headline: "Straw hat" });
			const [hit] = await get().search.byText(user, { text: "strawbery" }, { topK: 5 });
			expect(hit?.headline).toBe("Strawberry fields");
			expect(hit?.matched).toEqual([{ word: "strawbery", field: "headline", corrected_to: "strawberri" }]);
		});

		it.each([
			["tkoyo", "Tokyo"],
			["ryokna", "Ryokan"],
			["hakne", "Hakone"],
			["kawaagoe", "Kawagoe"],
			["seonl", "Seoul"],
			["coffe", "Coffee"],
		])("corrects %s, one letter off, to %s", async (word, headline) => {
			const user = newUser();
			await analyzedItem(get(), user, { headline });
			await analyzedItem(get(), user, { headline: "Things of another kind" });
			expect(await byText(user, word)).toEqual([headline]);
		});

		it("does not correct a word to one with other letters or another first letter", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "tokyo cap" });
			expect(await byText(user, "kyoto")).toEqual([]);
			// Half of their trigrams are the same.
			await analyzedItem(get(), user, { headline: "nakagawa" });
			expect(await byText(user, "takagawa")).toEqual([]);
			expect(await byText(user, "camping")).toEqual([]);
		});

		it("never corrects a word to one of another user or of a deleted item", async () => {
			const user = newUser();
			await analyzedItem(get(), newUser(), { headline: "Strawberry" });
			const { item } = await analyzedItem(get(), user, { headline: "Strawberry" });
			expect(await byText(user, "strawbery")).toHaveLength(1);
			await get().items.delete(user, item.id);
			expect(await byText(user, "strawbery")).toEqual([]);
		});

		it("ranks the item with every word first, however many items have some", async () => {
			const user = newUser();
			for (let n = 0; n < 5; n++) {
				await analyzedItem(get(), user, { headline: `red kite ${n}` });
			}
			await analyzedItem(get(), user, { headline: "a red car behind a kite" });
			const all = await byText(user, "red kite car");
			expect(all[0]).toBe("a red car behind a kite");
			expect(all).toHaveLength(6);
		});

		it("weighs a rare word more than a common one", async () => {
			const user = newUser();
			for (let count = 0; count < 6; count++) {
				await analyzedItem(get(), user, { headline: `ticket office ${count}` });
			}
			await analyzedItem(get(), user, { headline: "teamlab" });
			expect((await byText(user, "ticket teamlab office unheard"))[0]).toBe("teamlab");
		});
	});
}
