import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { commitAnalysis, type RowPorts, readyItem } from "./item-states.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

/** Tests an implementation of `Tags`. */
export function tagsContract(get: () => RowPorts): void {
	const tagged = async (user: string, tags: string[]): Promise<Item> => {
		const { item } = await readyItem(get(), user, {});
		await get().edits.edit(user, item.id, { tags });
		return item;
	};
	const tagsOf = async ({ userId, id }: Item) => (await get().items.find(userId, id))?.tags;
	/** Has another analysis suggest tags. */
	async function reanalyze(item: Item, version: number, suggested: string[]): Promise<void> {
		const { requests, stages } = get();
		const { id: itemId, userId } = item;
		const id = crypto.randomUUID();
		await requests.create({ id, itemId, userId, kind: "analyze", provider: null, model: null });
		const claimed = await stages.claimRequest(userId, itemId, id, 60);
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		const analysis = newAnalysis({}, version);
		analysis.description.tags = suggested;
		await commitAnalysis(get(), claimed.lease, item, analysis);
	}
	const list = async (user: string) =>
		(await get().tags.list(user, { limit: 10 })).tags.map(({ name, items }) => [name, items]);
	const find = async (user: string, text: string) => {
		// As the use case does after each change.
		while ((await get().searchIndex.rewriteOutdated(2, user)) === 2);
		return (await get().search.byText(user, { text }, { topK: 5 })).map(({ itemId }) => itemId).sort();
	};

	describe("tags", () => {
		it("are counted over the person's own items, the most used first", async () => {
			const user = newUser();
			await tagged(user, ["Sea", "🏖️"]);
			await tagged(user, ["sea", "Boats"]);
			await tagged(newUser(), ["Sea", "Zoo"]);
			expect(await list(user)).toEqual([
				["Sea", 2],
				["Boats", 1],
				["🏖️", 1],
			]);
			expect(await get().tags.list(user, { limit: 1, offset: 1 })).toEqual({
				tags: [{ name: "Boats", items: 1 }],
				total: 3,
			});
			expect(await get().tags.list(user, { limit: 1, offset: 3 })).toEqual({ tags: [], total: 3 });
			expect(await list(newUser())).toEqual([]);
		});

		it("that a person gave come, where asked for, before those that models alone suggest", async () => {
			const user = newUser();
			for (const suggested of [["boat", "pier"], ["boat"], ["boat"]]) {
				await reanalyze((await readyItem(get(), user, {})).item, 2, suggested);
			}
			await tagged(user, ["Sea"]);
			await tagged(user, ["Pier"]);
			const { tags, total } = await get().tags.list(user, { limit: 2, ownFirst: true });
			expect([tags, total]).toEqual([
				[
					{ name: "Pier", items: 2 },
					{ name: "Sea", items: 1 },
				],
				3,
			]);
		});

		it("are counted without what is in the trash, also where they are renamed", async () => {
			const user = newUser();
			const [kept, thrown] = [await tagged(user, ["sea"]), await tagged(user, ["sea"])];
			await get().items.trash(user, thrown.id);
			expect(await list(user)).toEqual([["sea", 1]]);
			expect(await get().tags.rename(user, "sea", "ocean")).toEqual({ name: "ocean", items: 1 });
			await get().items.trash(user, kept.id);
			expect(await get().tags.rename(user, "ocean", "sea")).toEqual({ name: "sea", items: 0 });
			await get().items.restore(user, thrown.id);
			expect(await list(user)).toEqual([["sea", 1]]);
		});

		it("are renamed on every item, and searched under the new name", async () => {
			const user = newUser();
			const [first, second] = [await tagged(user, ["zoo", "zucchini"]), await tagged(user, ["Zucchini"])];
			const foreign = await tagged(newUser(), ["zucchini"]);
			expect(await get().tags.rename(user, "ZUCCHINI", "  Cour  gette ")).toEqual({ name: "Cour gette", items: 2 });
			expect(await tagsOf(first)).toEqual(["zoo", "Cour gette"]);
			expect(await tagsOf(foreign)).toEqual(["zucchini"]);
			expect(await find(user, "zucchini")).toEqual([]);
			expect(await find(user, "gette")).toEqual([first.id, second.id].sort());
		});

		it("become one where both names are in use, in the spelling of the other", async () => {
			const user = newUser();
			const both = await tagged(user, ["car", "Vehicles", "red"]);
			const tagless = await tagged(user, ["car"]);
			expect(await get().tags.rename(user, "car", "vehicles")).toEqual({ name: "Vehicles", items: 2 });
			expect(await tagsOf(both)).toEqual(["Vehicles", "red"]);
			expect(await tagsOf(tagless)).toEqual(["Vehicles"]);
		});

		it("get another spelling by the same name in another case", async () => {
			const user = newUser();
			const item = await tagged(user, ["sea", "boats"]);
			expect(await get().tags.rename(user, "Sea", "SEA")).toEqual({ name: "SEA", items: 1 });
			expect(await tagsOf(item)).toEqual(["SEA", "boats"]);
			expect(await find(user, "sea")).toEqual([item.id]);
		});

		it("that nobody has, or another user alone, are neither renamed nor deleted", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const item = await tagged(stranger, ["sea"]);
			expect(await get().tags.rename(user, "sea", "ocean")).toBeNull();
			expect(await get().tags.delete(user, "sea")).toBe(false);
			expect(await tagsOf(item)).toEqual(["sea"]);
		});

		it("that are deleted are on no item, in no search, and suggested to none of them again", async () => {
			const { tags } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, {});
			await reanalyze(item, 2, ["zucchini", "boat"]);
			await tags.rename(user, "boat", "boats");
			expect(await find(user, "zucchini")).toEqual([item.id]);
			expect(await tags.delete(user, "Zucchini")).toBe(true);
			expect(await find(user, "zucchini")).toEqual([]);
			await reanalyze(item, 3, ["Zucchini", "pier"]);
			// What the person renamed is their own.
			expect(await tagsOf(item)).toEqual(["boats", "pier"]);
		});
	});
}
