import { describe, expect, it } from "vitest";
import { analyzedItem, headlines, type RowPorts, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

/** Tests the language of a search in PostgreSQL, which knows the words of English. */
export function searchLanguageContract(get: () => RowPorts): void {
	const byText = async (user: string, text: string) =>
		headlines(await get().search.byText(user, { text }, { topK: 10 }));
	const matches = async (user: string, text: string) =>
		(await get().search.byText(user, { text }, { topK: 10 })).map(({ headline, match }) => `${headline}: ${match}`);

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
			expect(hits[0]?.vectorRank, "the excluded one, which is nearer, takes no rank").toBe(1);
		});

		it.each(["Fukuoka - Day 2", "Fukuoka -- Day 2", "- Fukuoka Day 2 -"])(
			"finds an item by %j: a dash between spaces excludes nothing",
			async (title) => {
				const user = newUser();
				await analyzedItem(get(), user, { headline: "Fukuoka, Day 2" });
				const [hit] = await get().search.byText(user, { text: title }, { topK: 5 });
				expect(hit?.headline).toBe("Fukuoka, Day 2");
				expect(hit?.match, "as an item with every word").toBe("strong");
			},
		);

		it.each([
			["hotels in Paris", "A hostel beside the park"],
			["bring", "Bridges"],
			["refinance", "A refill"],
			["tower", "Power"],
		])("does not correct a word of the language: %j does not find %j", async (query, headline) => {
			const user = newUser();
			await analyzedItem(get(), user, { headline });
			expect(await byText(user, query)).toEqual([]);
			expect(await byText(user, `${headline} ${query}`)).toEqual([headline]);
		});

		it("corrects several words of a query", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Strawberry lighthouse" });
			expect(await matches(user, "strawbery lighthuose")).toEqual(["Strawberry lighthouse: strong"]);
		});

		it("finds every word that a misspelt one may mean", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Hakone" });
			await analyzedItem(get(), user, { headline: "Hakoje" });
			expect((await byText(user, "hakoqe")).sort()).toEqual(["Hakoje", "Hakone"]);
		});

		it("never takes one number for another", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "Order 471100 of iphone14" });
			expect(await byText(user, "471101")).toEqual([]);
			expect(await byText(user, "iphone15")).toEqual([]);
			expect(await byText(user, "ipohne14")).toHaveLength(1);
		});

		it("finds a phrase in quotes only where it stands, in any form of its words", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "hill in the green" });
			await analyzedItem(get(), user, { headline: "a green hill" });
			await analyzedItem(get(), user, { headline: "two green hills" });
			expect((await byText(user, '"green hill"')).sort()).toEqual(["a green hill", "two green hills"]);
		});

		const described = Array.from({ length: 40 }, (_, n) => `label${n}`);

		it("calls all weak where each word is in another item, and gives them all", async () => {
			const user = newUser();
			for (const headline of ["A lighthouse", "A harbour", "A seagull"]) {
				await analyzedItem(get(), user, { headline, labels: described });
			}
			const [lighthouse, harbour, seagull] = ["A lighthouse: weak", "A harbour: weak", "A seagull: weak"];
			expect((await matches(user, "lighthouse harbour seagull")).sort()).toEqual([harbour, lighthouse, seagull]);
			expect((await matches(user, "lighthouse harbour unheard")).sort()).toEqual([harbour, lighthouse]);
		});

		it("calls weak what has too little of the query, beside what has most of it", async () => {
			const user = newUser();
			const longHeadline = "Red harbour crane at dawn";
			await analyzedItem(get(), user, { headline: longHeadline, labels: described });
			await analyzedItem(get(), user, { headline: "Red socks", labels: described });
			const query = "red harbour crane dawn";
			expect(await matches(user, query)).toEqual([`${longHeadline}: strong`, "Red socks: weak"]);
			expect((await matches(user, "red")).sort()).toEqual([`${longHeadline}: strong`, "Red socks: strong"]);
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
			expect(hit?.matched).toEqual([
				{ word: "strawbery", field: "headline", corrected_to: "strawberry", misspelt: true },
			]);
		});

		it.each([
			["tkoyo", "Tokyo"],
			["ryokna", "Ryokan"],
			["hakne", "Hakone"],
			["kawaagoe", "Kawagoe"],
			["seonl", "Seoul"],
			["coffe", "Coffee"],
			["takagawa", "Nakagawa"],
		])("corrects %s, one letter off, to %s", async (word, headline) => {
			const user = newUser();
			await analyzedItem(get(), user, { headline });
			await analyzedItem(get(), user, { headline: "Things of another kind" });
			expect(await byText(user, word)).toEqual([headline]);
		});

		it("does not correct a word to one with other letters", async () => {
			const user = newUser();
			await analyzedItem(get(), user, { headline: "tokyo cap" });
			expect(await byText(user, "kyoto")).toEqual([]);
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
