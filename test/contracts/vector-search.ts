import { describe, expect, it } from "vitest";
import { analyzedItem, headlines, type RowPorts, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

/** Tests the vector search of an implementation of `Search`, and `VectorIndex`. */
export function vectorSearchContract(get: () => RowPorts): void {
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

		it("is limited by a category in whatever case it is written", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { category: "Food" });
			await readyItem(ports, user, { category: "Art" });
			const query = { model: "test-model", vector: axis(0) };
			const hits = await ports.search.byVector(user, query, { topK: 5, category: "fOOD" });
			expect(hits).toMatchObject([{ category: "Food" }]);
		});

		it("calls strong what has the threshold, and leaves out what is below a minimum similarity", async () => {
			const ports = get();
			const user = newUser();
			await readyItem(ports, user, { headline: "good" }, axis(0, 1));
			await readyItem(ports, user, { headline: "half" }, axis(0, 2));
			await readyItem(ports, user, { headline: "far" }, axis(9));
			const search = async (answerabilityThreshold: number, more = {}) => {
				const vector = axis(0);
				const query = { model: "test-model", vector, answerabilityThreshold, ...more };
				const hits = await ports.search.byVector(user, query, { topK: 9 });
				return hits.map(({ headline, match }) => `${headline}: ${match}`);
			};
			expect(await search(0.72)).toEqual(["good: weak", "half: weak", "far: weak"]); // the best has 0.71
			expect(await search(0.7)).toEqual(["good: strong", "half: weak", "far: weak"]);
			expect(await search(0.99, { minSimilarity: 0.4 })).toEqual(["good: strong", "half: strong"]);
		});

		it("calls strong, among many, what also stands out from the others", async () => {
			const ports = get();
			const user = newUser();
			const query = { model: "test-model", vector: axis(0), answerabilityThreshold: 0.5 };
			const matches = async () => (await ports.search.byVector(user, query, { topK: 50 })).map(({ match }) => match);
			for (let n = 0; n < 20; n++) await readyItem(ports, user, {}, axis(0, 0.9 + n / 200));
			expect(new Set(await matches())).toEqual(new Set(["weak"]));
			await readyItem(ports, user, {}, axis(0));
			expect((await matches()).slice(0, 2)).toEqual(["strong", "weak"]);
		});

		it("calls many equally good hits strong", async () => {
			const ports = get();
			const user = newUser();
			const query = { model: "test-model", vector: axis(0) };
			for (let n = 0; n < 16; n++) await readyItem(ports, user, {}, axis(0, 4 + n / 10));
			for (let n = 0; n < 7; n++) await readyItem(ports, user, {}, axis(0, 0.5));
			const hits = await ports.search.byVector(user, query, { topK: 50 });
			expect(hits.filter(({ match }) => match === "strong")).toHaveLength(7);
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
