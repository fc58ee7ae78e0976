import { describe, expect, it } from "vitest";
import { analyzedItem, headlines, type RowPorts, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

/** Tests the hybrid search of an implementation of `Search`. */
export function hybridSearchContract(get: () => RowPorts): void {
	describe("a hybrid search", () => {
		const weights = { text: 0.3, vector: 0.7 };
		const query = (text: string) => ({ text: { text }, vector: { model: "test-model", vector: axis(0) }, weights });

		it("fuses both retrievers by a weighted sum of their scores", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "ramen" }, axis(0, 2));
			await readyItem(ports, user, { headline: "vector" }, axis(0));
			await readyItem(ports, user, { headline: "far" }, axis(0, 4));
			await analyzedItem(ports, user, { headline: "bowl ramen" });
			const hits = await ports.search.hybrid(user, query("ramen"), { topK: 5 });
			const hit = (headline: string) => hits.find((found) => found.headline === headline);
			expect(hits.map(({ headline }) => headline)).toEqual(["vector", "ramen", "bowl ramen", "far"]);
			expect(hit("vector")).toMatchObject({ textRank: null, textShare: 0, vectorRank: 1, matched: [] });
			expect(hit("vector")?.score).toBeCloseTo(0.7, 3);
			const both = hit("ramen");
			expect(both).toMatchObject({ vectorRank: 2, matched: [{ word: "ramen", field: "headline" }] });
			expect(both?.similarity).toBeCloseTo(1 / Math.hypot(1, 2), 3);
			expect(both?.textShare).toBeCloseTo(0.3 * (both?.textScore ?? 0), 6);
			expect(both?.vectorShare).toBeCloseTo(0.7 * (both?.similarity ?? 0), 6);
			expect(both?.score).toBeCloseTo((both?.textShare ?? 0) + (both?.vectorShare ?? 0), 6);
		});

		it("takes an item without a vector to be as near as the farthest", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "near" }, axis(0));
			await readyItem(ports, user, { headline: "far" }, axis(0, 4));
			await analyzedItem(ports, user, { headline: "ramen" });
			const hits = await ports.search.hybrid(user, query("ramen"), { topK: 5 });
			const [far, unembedded] = ["far", "ramen"].map((name) => hits.find(({ headline }) => headline === name));
			expect(unembedded).toMatchObject({ vectorRank: null, vectorShare: far?.vectorShare });
			expect(far?.vectorShare).toBeCloseTo(0.7 / Math.hypot(1, 4), 3);
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

		it("calls a hit strong that is so by its words or by its vector", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "ramen" }, axis(5));
			await readyItem(ports, user, { headline: "vector" }, axis(0));
			await readyItem(ports, user, { headline: "neither" }, axis(9));
			const { vector, ...more } = query("ramen");
			const hits = await ports.search.hybrid(
				user,
				{ ...more, vector: { ...vector, answerabilityThreshold: 0.5 } },
				{ topK: 5 },
			);
			expect(hits.map(({ headline, match }) => `${headline}: ${match}`).sort()).toEqual([
				"neither: weak",
				"ramen: strong",
				"vector: strong",
			]);
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
			expect(await search({ topK: 5, category: "food" })).toBe(1);
		});
	});
}
