import { describe, expect, it } from "vitest";
import { analyzedItem, headlines, type RowPorts } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

/** Tests the text search of an implementation of `Search`. */
export function textSearchContract(get: () => RowPorts): void {
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

		it("scores items higher the more of the query they have, and calls those with little of it weak", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "one tokyo" });
			await analyzedItem(get(), user, { headline: "two tokyo market" });
			await analyzedItem(get(), user, { headline: "three tokyo market ramen" });
			const hits = await byText(user, "ramen market tokyo");
			expect(headlines(hits)).toEqual(["three tokyo market ramen", "two tokyo market", "one tokyo"]);
			const [high = 0, middle = 0, low = 0] = hits.map(({ score }) => score);
			expect(high).toBeGreaterThan(middle);
			expect(middle).toBeGreaterThan(low);
			expect(hits.map(({ match }) => match)).toEqual(["strong", "weak", "weak"]);
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

		it.each(["", "🍕🍕", "!!! ???", '"', "' & | ! <-> ( ) :* \\", "\0", "\ud83d"])(
			"finds nothing for %j",
			async (query) => {
				const user = newUser();
				await analyzedItem(get(), user, { headline: "the party 🎉" });
				expect(await byText(user, query)).toEqual([]);
			},
		);

		it("looks for words that every text has only where the query has no other", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "The Who" });
			await analyzedItem(get(), user, { headline: "a party" });
			expect(headlines(await byText(user, "the who"))).toEqual(["The Who"]);
			expect(headlines(await byText(user, "who is at the party"))).toEqual(["a party"]);
		});

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
			const halfKnown = { text: "ramen unheard", minScore: 0.5 };
			expect(await get().search.byText(user, halfKnown, { topK: 5 })).toEqual([]);
		});

		it("is limited by a category in whatever case it is written", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { category: "Food", headline: "ramen" });
			await analyzedItem(get(), user, { category: "Foodstuff", headline: "ramen" });
			for (const category of ["food", "FOOD"]) {
				expect(await byText(user, "ramen", { category }), category).toMatchObject([{ category: "Food" }]);
			}
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

	describe("a match by text", () => {
		const labels = Array.from({ length: 40 }, (_, n) => `label${n}`);
		const words = "lighthouse unheard unseen unsaid";
		const matches = async (user: string, text: string, minScore?: number) =>
			(await get().search.byText(user, { text, minScore }, { topK: 10 })).map(({ match }) => match);

		it("is weak where the item has too little of the query's weight", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "A lighthouse", labels });
			expect(await matches(user, words)).toEqual(["weak"]);
			expect(await matches(user, "a lighthouse, label7, unheard")).toEqual(["weak"]);
			expect(await matches(user, "a lighthouse, label7")).toEqual(["strong"]);
		});

		it("is judged alike whether an image is described or only its text was read", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { extracted: ["LIGHTHOUSE 1911"] });
			expect(await matches(user, words)).toEqual(["weak"]);
			expect(await matches(user, "lighthouse 1911")).toEqual(["strong"]);
		});

		it("is strong from a minimum score on, which leaves out all that is below", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "A lighthouse", labels });
			expect(await matches(user, words, 0)).toEqual(["strong"]);
			expect(await matches(user, words, 0.5)).toEqual([]);
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
}
