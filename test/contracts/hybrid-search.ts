import { describe, expect, it } from "vitest";
import { analyzedItem, headlines, type RowPorts, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

/** Tests the hybrid search of an implementation of `Search`. */
export function hybridSearchContract(get: () => RowPorts): void {
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
