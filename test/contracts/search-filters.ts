import { describe, expect, it } from "vitest";
import type { ItemFilter } from "#core/ports/index.ts";
import { headlines, type RowPorts, readyItem } from "./item-states.ts";
import { axis, looks, newUser } from "./new-rows.ts";

const model = "test-model";
const vector = { model, vector: axis(0) };
const weights = { text: 0.5, vector: 0.5 };

/** Tests the filters of every search of an implementation of `Search`. */
export function searchFiltersContract(get: () => RowPorts): void {
	/** Searches in every mode, and expects the same items of each. */
	async function found(user: string, filter?: ItemFilter, more = {}): Promise<string[]> {
		const { search } = get();
		const options = { topK: 10, ...(filter && { filter }), ...more };
		const text = { text: "lighthouse" };
		const byText = headlines(await search.byText(user, text, options)).sort();
		expect(headlines(await search.byVector(user, vector, options)).sort()).toEqual(byText);
		expect(headlines(await search.hybrid(user, { text, vector, weights }, options)).sort()).toEqual(byText);
		return byText;
	}

	describe("a search with the filters of a list", () => {
		it("finds in every mode only the items that a list has", async () => {
			const ports = get();
			const user = newUser();
			const { item: north } = await readyItem(ports, user, { headline: "north lighthouse", category: "Travel" });
			const { item: south } = await readyItem(ports, user, { headline: "south lighthouse", category: "Food" });
			await readyItem(ports, newUser(), { headline: "foreign lighthouse", category: "Travel" });
			await ports.edits.edit(user, north.id, { favorite: true });
			expect(await found(user)).toEqual(["north lighthouse", "south lighthouse"]);
			const fit: ItemFilter[] = [
				{ category: "travel" },
				{ favorite: true },
				{ ids: [north.id] },
				{ status: "ready", and: { ids: [north.id] } },
				{ to: south.createdAt },
			];
			for (const filter of fit) expect(await found(user, filter)).toEqual(["north lighthouse"]);
			expect(await found(user, { from: south.createdAt })).toEqual(["south lighthouse"]);
			await ports.edits.edit(user, south.id, { category: "Éclairs Ж" });
			expect(await found(user, { category: "éCLAIRS ж" })).toEqual(["south lighthouse"]);
			expect(await found(user, undefined, { category: "éCLAIRS ж" })).toEqual(["south lighthouse"]);
			expect(await found(user, { provider: "test" })).toHaveLength(2);
			expect(await found(user, { tags: ["none"] })).toEqual([]);
			expect(await found(newUser(), { provider: "test" })).toEqual([]);
		});

		it("ranks what a filter leaves, however much that is better it leaves out", async () => {
			const ports = get();
			const user = newUser();
			for (let count = 0; count < 30; count++) await readyItem(ports, user, { headline: `lighthouse ${count}` });
			const { item } = await readyItem(ports, user, { headline: "last", summary: "A lighthouse." }, axis(0, 3));
			expect(await found(user, { ids: [item.id] }, { topK: 1 })).toEqual(["last"]);
		});

		it("finds nothing of the trash unless that is searched", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { headline: "thrown lighthouse" });
			await readyItem(ports, user, { headline: "kept lighthouse" });
			await ports.items.trash(user, item.id);
			expect(await found(user)).toEqual(["kept lighthouse"]);
			expect(await found(user, { category: "other" })).toEqual(["kept lighthouse"]);
			expect(await found(user, { status: "trashed" })).toEqual(["thrown lighthouse"]);
			await ports.items.restore(user, item.id);
			expect(await found(user)).toHaveLength(2);
		});

		it("goes on after an offset, without gaps or repetitions", async () => {
			const ports = get();
			const user = newUser();
			for (let count = 0; count < 5; count++) {
				await readyItem(ports, user, { headline: `lighthouse ${"very ".repeat(count)}${count}` }, axis(0, count / 4));
			}
			const { search } = get();
			const text = { text: "lighthouse" };
			for (const run of [
				(options: object) => search.byText(user, text, { topK: 10, ...options }),
				(options: object) => search.byVector(user, { ...vector, minSimilarity: -1 }, { topK: 10, ...options }),
				(options: object) => search.hybrid(user, { text, vector, weights }, { topK: 10, ...options }),
			]) {
				const all = headlines(await run({}));
				expect(all).toHaveLength(5);
				const pages = await Promise.all([0, 2, 4].map((offset) => run({ topK: 2, offset })));
				expect(headlines(pages.flat())).toEqual(all);
				expect(await run({ offset: 150 })).toEqual([]);
			}
		});

		it("gives with each hit what a tile shows", async () => {
			const user = newUser();
			await readyItem(get(), user, { headline: "lighthouse" });
			const [hit] = await get().search.byText(user, { text: "lighthouse" }, { topK: 1 });
			expect(hit).toMatchObject({ width: 640, height: 480, placeholder: expect.stringMatching(/^[\w+/]{20,40}=*$/) });
		});
	});

	describe("a search while somebody types", () => {
		it("takes the last word for the beginning of one, whatever it means as a whole word", async () => {
			const user = newUser();
			await readyItem(get(), user, { headline: "Boarding pass" });
			await readyItem(get(), user, { headline: "Tomato soup" });
			const typed = async (text: string) =>
				headlines(await get().search.byText(user, { text, prefix: true }, { topK: 5 }));
			for (const text of ["b", "bo", "Boar", "boarding", "boarding pa", "BOARDING PAS"]) {
				expect(await typed(text), text).toEqual(["Boarding pass"]);
			}
			// Stop words and single letters, too.
			for (const text of ["t", "to", "tom"]) expect(await typed(text), text).toEqual(["Tomato soup"]);
			expect(await typed("bx")).toEqual([]);
		});
	});

	describe("queries of one and two characters", () => {
		it("find the items that have them as words", async () => {
			const user = newUser();
			await readyItem(get(), user, { headline: "Gate 7" });
			await readyItem(get(), user, { headline: "Platform 7B" });
			await readyItem(get(), user, { headline: "Vitamin C" });
			await readyItem(get(), user, { headline: "TV in the hall" });
			const byText = async (text: string) => headlines(await get().search.byText(user, { text }, { topK: 5 }));
			expect(await byText("7")).toEqual(["Gate 7"]);
			expect(await byText("C")).toEqual(["Vitamin C"]);
			expect(await byText("tv")).toEqual(["TV in the hall"]);
		});
	});

	describe("items of the trash", () => {
		it("are not similar to any, and are no duplicates of any", async () => {
			const ports = get();
			const user = newUser();
			const same = looks("00ff00ff00ff00ff");
			const { item } = await readyItem(ports, user, { headline: "one" }, axis(0), model, same);
			const { item: copy } = await readyItem(ports, user, { headline: "copy" }, axis(0), model, same);
			const similar = async () => (await ports.similar.toItem(user, item.id, { model, topK: 5 }))?.items ?? [];
			expect(await similar()).toMatchObject([{ itemId: copy.id, width: 640, height: 480 }]);
			await ports.items.trash(user, copy.id);
			expect(await similar()).toEqual([]);
		});
	});

	describe("near-duplicates among found items", () => {
		/** Makes two items that look the same, one that looks different, and another person's that looks as the two. */
		async function lookAlikes() {
			const ports = get();
			const user = newUser();
			const withLook = async (owner: string, look: ReturnType<typeof looks>) =>
				(await readyItem(ports, owner, {}, axis(0), model, look)).item;
			const same = looks("00ff00ff00ff00ff");
			return {
				ports,
				user,
				first: await withLook(user, same),
				second: await withLook(user, same),
				different: await withLook(user, looks("f0f0f0f0f0f0f0f0", "other")),
				foreign: await withLook(newUser(), same),
			};
		}

		it("are pairs of the person's own items that look the same", async () => {
			const { ports, user, first, second, different, foreign } = await lookAlikes();
			const pairs = await ports.similar.pairs(user, [first.id, second.id, different.id, foreign.id]);
			expect(pairs.map((pair) => pair.toSorted())).toEqual([[first.id, second.id].toSorted()]);
			expect(await ports.similar.pairs(user, [])).toEqual([]);
		});

		it("are found among all of the person's items, each pair once, but for those in the trash", async () => {
			const { ports, user, first, second, different, foreign } = await lookAlikes();
			const pair = [first.id, second.id].toSorted();
			expect(await ports.similar.duplicatesOf(user, [first.id, second.id, different.id, foreign.id])).toEqual([pair]);
			expect(await ports.similar.duplicatesOf(user, [second.id])).toEqual([pair]);
			expect(await ports.similar.duplicatesOf(user, [different.id])).toEqual([]);
			await ports.items.trash(user, first.id);
			expect(await ports.similar.duplicatesOf(user, [first.id, second.id])).toEqual([]);
		});
	});
}
