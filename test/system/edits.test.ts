import { beforeAll, expect, test } from "vitest";
import type { CollectionsClient, Item } from "#client/index.ts";
import { card } from "./drawings.ts";
import { newUser } from "./environment.ts";

/** Seconds; others may use the machine, too. */
const busy = 300;

let owner: CollectionsClient;
let stranger: CollectionsClient;
beforeAll(async () => {
	[owner, stranger] = await Promise.all([newUser("owner"), newUser("stranger")]);
});

const edit = (id: string, changes: object, user = owner) => user.call<Item>("PATCH", `/items/${id}`, changes);
const found = async (query: string, options: object = {}) =>
	(await owner.search(query, { include_answer: false, ...options })).results.map(({ item_id }) => item_id);

/** Has an item analyzed anew, and waits until the version is its newest. */
async function analyzedAgain(id: string, version: number): Promise<Item> {
	await owner.call("POST", `/items/${id}/analyze`, { force_reanalyze: true });
	const newest = async () => (await owner.item(id)).latest_analysis?.version;
	await expect.poll(newest, { timeout: busy * 1_000, interval: 500 }).toBe(version);
	return owner.settled(id, busy);
}

/** Waits until a search finds exactly these items. */
async function untilFound(query: string, ids: string[], options: object = {}): Promise<void> {
	await expect.poll(() => found(query, options), { timeout: busy * 1_000, interval: 500 }).toEqual(ids);
}

test("a person's own words are shown and searched instead of the model's, and outlast every analysis", {
	timeout: 2 * busy * 1_000,
}, async () => {
	const { id } = await owner.upload("shot.png", await card(["Lighthouse tickets", `Order ${Date.now()}`]));
	const item = await owner.settled(id, busy);
	expect(item).toMatchObject({ status: "ready", tags: [], edited: {} });

	const own = { headline: "Zucchini soup", note: "Recipe of my grandmother", category: "Recipes", tags: ["Kitchen"] };
	const edited = await edit(id, { ...own, favorite: true, taken_at: "2019-05-06T07:08:09+02:00" });
	expect(edited).toMatchObject({
		...own,
		favorite: true,
		taken_at: "2019-05-06T05:08:09.000Z",
		taken_at_source: "user",
	});
	for (const word of ["zucchini", "grandmother", "kitchen"])
		expect(await found(word, { search_type: "bm25" })).toEqual([id]);
	// The embedder follows: a search by meaning alone finds the new words.
	await untilFound("zucchini soup recipe", [id], { search_type: "vector" });

	const settled = await analyzedAgain(id, 2);
	expect(settled).toMatchObject({ ...own, favorite: true, taken_at_source: "user" });
	expect(await found("grandmother", { search_type: "bm25" })).toEqual([id]);
	await untilFound("zucchini soup recipe", [id], { search_type: "vector" });

	const taken = await edit(id, { headline: null, category: null });
	expect(taken).toMatchObject({ headline: item.headline, category: item.category, note: own.note });
});

test("a renamed tag is found under its new name, and a model uses the person's own tags", {
	timeout: 2 * busy * 1_000,
}, async () => {
	const { id } = await owner.upload("one.png", await card(["Harbour festival", `Gate ${Date.now()}`]));
	await owner.settled(id, busy);
	await edit(id, { tags: ["Boats"] });
	expect(await owner.call("PATCH", "/tags/boats", { name: "Harbour festival" })).toEqual({
		name: "Harbour festival",
		count: 1,
	});
	const { tags } = await owner.call<{ tags: { name: string }[] }>("GET", "/tags");
	expect(tags.map(({ name }) => name)).toContain("Harbour festival");

	const second = await owner.upload("two.png", await card(["The harbour festival begins", `Gate ${Date.now()}`]));
	expect((await owner.settled(second.id, busy)).tags).toEqual(["Harbour festival"]);
	await owner.call("DELETE", `/tags/${encodeURIComponent("Harbour festival")}`);
	expect(await owner.item(second.id)).toMatchObject({ tags: [] });
	expect(await analyzedAgain(second.id, 2)).toMatchObject({ tags: [] });
});

test("another user's item and tags are not to be changed", { timeout: busy * 1_000 }, async () => {
	const { id } = await owner.upload("mine.png", await card(["Private", `Number ${Date.now()}`]));
	await owner.settled(id, busy);
	await edit(id, { tags: ["private things"] });
	const before = await owner.item(id);
	await expect(edit(id, { note: "mine" }, stranger)).rejects.toMatchObject({ status: 404 });
	await expect(stranger.call("DELETE", "/tags/private%20things")).rejects.toMatchObject({ status: 404 });
	expect(await owner.item(id)).toMatchObject({ note: null, tags: before.tags });
});
