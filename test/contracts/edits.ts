import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { takenAt, takenAtOfPerson } from "#core/items/taken-at.ts";
import type { Lease } from "#core/ports/index.ts";
import { analyzedItem, claim, commitAnalysis, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { axis, newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

/** Tests an implementation of `Edits`, and how stages regard it. */
export function editsContract(get: () => RowPorts): void {
	const model = "test-model";
	const found = async (item: Pick<Item, "userId" | "id">) => {
		const stored = await get().items.find(item.userId, item.id);
		if (!stored) throw new Error("The item is gone.");
		return stored;
	};

	/** Claims the pending embedding of the one item that a person has edited. */
	async function claimEmbedding({ userId, id }: Item): Promise<Lease> {
		const event = (await get().outbox.unsent({ userId, itemId: id })).find(({ type }) => type === "EmbeddingRequested");
		if (!event || !("request_id" in event.detail)) throw new Error("No embedding is requested.");
		const claimed = await get().stages.claimRequest(userId, id, event.detail.request_id, 60);
		if (claimed.outcome !== "claimed") throw new Error(`The claim was answered with ${claimed.outcome}.`);
		return claimed.lease;
	}

	const commitVector = (lease: Lease, item: Item, analysisId: string, textRevision: number, vector = axis(3)) =>
		get().stages.commitEmbedded(
			lease,
			{ analysisId, textRevision, model, vector, usage: [] },
			newEvent("ItemReady", item),
		);

	async function reanalyze(item: Item, words: Parameters<typeof newAnalysis>[0], version: number, tags: string[] = []) {
		const { requests, stages } = get();
		const request = await requests.create({
			id: crypto.randomUUID(),
			itemId: item.id,
			userId: item.userId,
			kind: "analyze",
			provider: null,
			model: null,
		});
		const claimed = await stages.claimRequest(item.userId, item.id, request?.id ?? "", 60);
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		const analysis = newAnalysis(words, version);
		analysis.description.tags = tags;
		expect(await commitAnalysis(get(), claimed.lease, item, analysis)).toBe(true);
		return analysis;
	}

	describe("an edit", () => {
		it("is checked against what an edit at the same time left, before the first analysis, too", async () => {
			const user = newUser();
			const { id } = await uploaded(get(), user);
			const ifUntagged = (tag: string) =>
				get().edits.edit(user, id, { tags: [tag] }, ({ tags }) => {
					if (tags.length > 0) throw new Error("Changed meanwhile.");
				});
			const tags = ["a", "b", "c"];
			// The edits begin at once where each finds an open connection.
			await Promise.all(tags.map(() => get().items.find(user, id)));
			const results = await Promise.allSettled(tags.map(ifUntagged));
			expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		});

		it("changes what it names, and null gives the model's back", async () => {
			const { edits } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, { headline: "By the model", category: "Food" });
			const changed = await edits.edit(user, item.id, {
				headline: "By me",
				category: "Recipes",
				note: "From grandma",
				favorite: true,
				tags: ["Cake", "birthday"],
			});
			expect(changed).toEqual(await found(item));
			expect(changed).toMatchObject({
				item: {
					edits: { headline: "By me", summary: null, category: "Recipes", tags: true },
					note: "From grandma",
					favorite: true,
				},
				latestAnalysis: { description: { headline: "By the model", category: "Food" } },
				tags: ["Cake", "birthday"],
			});
			await edits.edit(user, item.id, { headline: null, category: null, note: null, tags: null, favorite: false });
			expect(await found(item)).toMatchObject({
				item: { edits: { headline: null, summary: null, category: null, tags: false }, note: null, favorite: false },
				tags: [],
			});
		});

		it("is what lists filter and count by", async () => {
			const { edits, items } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, { category: "Food" });
			await edits.edit(user, item.id, { category: "Recipes" });
			expect(await items.count(user, { category: "recipes" })).toBe(1);
			expect(await items.count(user, { category: "Food" })).toBe(0);
			expect(await items.categories(user)).toEqual([{ category: "Recipes", items: 1 }]);
		});

		it("is kept through a re-analysis and searched instead of the model's", async () => {
			const { edits, search } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, { headline: "Lighthouse", summary: "A tall tower." });
			await edits.edit(user, item.id, {
				headline: "Grandmother",
				summary: "Her birthday.",
				note: "zucchini",
				tags: ["kite"],
			});
			const find = async (text: string) =>
				(await search.byText(user, { text }, { topK: 5 })).map(({ headline, summary }) => [headline, summary]);
			const shown = [["Grandmother", "Her birthday."]];
			for (const word of ["grandmother", "birthday", "zucchini", "kite"]) expect(await find(word), word).toEqual(shown);
			expect(await find("lighthouse")).toEqual([]);

			await reanalyze(item, { headline: "Harbour", summary: "Many boats.", labels: ["crane"] }, 2, ["boats"]);
			for (const word of ["grandmother", "birthday", "zucchini", "kite", "crane"]) {
				expect(await find(word), word).toEqual(shown);
			}
			expect(await find("harbour")).toEqual([]);
			expect(await found(item)).toMatchObject({ item: { note: "zucchini" }, tags: ["kite"] });

			await edits.edit(user, item.id, { headline: null, summary: null });
			expect(await find("harbour")).toEqual([["Harbour", "Many boats."]]);
			expect(await find("grandmother")).toEqual([]);
		});

		it("before the first analysis is in its document", async () => {
			const { edits, search } = get();
			const user = newUser();
			const item = await uploaded(get(), user);
			await edits.edit(user, item.id, { headline: "Mine", note: "zucchini" });
			const { lease } = await claim(get(), item, "process");
			await get().stages.commitProcessed(lease, processed(), newEvent("ImageProcessed", item));
			await commitAnalysis(
				get(),
				(await claim(get(), item, "analyze")).lease,
				item,
				newAnalysis({ headline: "Model" }),
			);
			expect(await search.byText(user, { text: "zucchini" }, { topK: 5 })).toMatchObject([{ headline: "Mine" }]);
		});

		it("of a text that changes nothing else than letters' case is shown", async () => {
			const { edits, search } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, { headline: "lighthouse in istanbul" });
			await edits.edit(user, item.id, { headline: "Lighthouse in Istanbul" });
			const [hit] = await search.byText(user, { text: "lighthouse" }, { topK: 5 });
			expect(hit).toMatchObject({ headline: "Lighthouse in Istanbul" });
		});

		it("is refused by its check, and then changes nothing", async () => {
			const { edits } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, {});
			const before = await found(item);
			const refuse = (seen: unknown) => {
				expect(seen).toEqual(before);
				throw new Error("refused");
			};
			await expect(edits.edit(user, item.id, { note: "lost" }, refuse)).rejects.toThrow("refused");
			expect(await found(item)).toEqual(before);
		});

		it("of another user's item, or of none, changes nothing", async () => {
			const { edits } = get();
			const { item } = await readyItem(get(), newUser(), {});
			const before = await found(item);
			expect(await edits.edit(newUser(), item.id, { note: "mine", tags: ["mine"] })).toBeNull();
			expect(await edits.edit(newUser(), crypto.randomUUID(), { note: "mine" })).toBeNull();
			expect(await found(item)).toEqual(before);
		});
	});

	describe("the vector of an edited text", () => {
		it("is requested once, announced, and replaces the one before", async () => {
			const { edits, outbox, search } = get();
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user, {}, axis(0));
			await edits.edit(user, item.id, { headline: "One" });
			await edits.edit(user, item.id, { headline: "Two", favorite: true });
			const events = (await outbox.unsent({ userId: user, itemId: item.id })).filter(
				({ type }) => type === "EmbeddingRequested",
			);
			expect(events).toHaveLength(1);
			const lease = await claimEmbedding(item);
			const { textRevision } = (await found(item)).item;
			expect(await commitVector(lease, item, analysis.id, textRevision)).toBe(true);
			const near = async (vector: Float32Array) =>
				(await search.byVector(user, { model, vector, minSimilarity: 0.9 }, { topK: 5 })).length;
			expect([await near(axis(0)), await near(axis(3))]).toEqual([0, 1]);
			expect((await found(item)).item.status).toBe("ready");
		});

		it.each([{ favorite: true }, { takenAt: takenAtOfPerson("2020-01-01") }, { headline: "An image" }])(
			"is not requested where the text stays: %j",
			async (edit) => {
				const { edits, outbox } = get();
				const user = newUser();
				const { item } = await readyItem(get(), user, { headline: "An image" });
				await edits.edit(user, item.id, edit);
				const events = await outbox.unsent({ userId: user, itemId: item.id });
				expect(events.filter(({ type }) => type === "EmbeddingRequested")).toEqual([]);
			},
		);

		it("is not requested before an embedder has come to the item", async () => {
			const { edits, outbox } = get();
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user, {});
			await edits.edit(user, item.id, { headline: "Mine" });
			const events = await outbox.unsent({ userId: user, itemId: item.id });
			expect(events.filter(({ type }) => type === "EmbeddingRequested")).toEqual([]);
			const { lease } = await claim(get(), item, "embed");
			expect(await commitVector(lease, item, analysis.id, (await found(item)).item.textRevision)).toBe(true);
			expect((await found(item)).item.status).toBe("ready");
		});

		it("is never one of the text before, and the request lives until it has the newest", async () => {
			const { edits } = get();
			const user = newUser();
			const { item, analysis } = await analyzedItem(get(), user, {});
			const { lease } = await claim(get(), item, "embed");
			const { textRevision } = (await found(item)).item;
			await edits.edit(user, item.id, { headline: "While it is embedded" });
			expect(await commitVector(lease, item, analysis.id, textRevision)).toBe(false);
			expect((await found(item)).item.status).toBe("analyzed");

			const second = await claimEmbedding(item);
			await edits.edit(user, item.id, { headline: "And again" });
			expect(await commitVector(second, item, analysis.id, textRevision + 1)).toBe(false);
			const third = await claimEmbedding(item);
			expect(await commitVector(third, item, analysis.id, textRevision + 2)).toBe(true);
			expect((await found(item)).item.status).toBe("ready");
		});

		it("has the edited category, by which a search finds it", async () => {
			const { edits, search } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, { category: "Food" }, axis(0));
			await edits.edit(user, item.id, { category: "Recipes" });
			const near = async (category: string) =>
				(await search.byVector(user, { model, vector: axis(0), minSimilarity: 0.9 }, { topK: 5, category })).length;
			expect([await near("Food"), await near("recipes")]).toEqual([0, 1]);
		});
	});

	describe("the time that a person gives", () => {
		const ofFile = takenAt("2024-03-01T10:22:33", "+09:00", "exif");
		const own = takenAtOfPerson("2019-05-06T07:08");

		it("wins over the file's, which comes back with null", async () => {
			const { edits } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, {}, axis(0), model, { takenAt: ofFile });
			expect((await edits.edit(user, item.id, { takenAt: own }))?.item.takenAt).toEqual(own);
			expect((await edits.edit(user, item.id, { takenAt: takenAtOfPerson("2018-01-01") }))?.item.takenAt).toMatchObject(
				{
					local: "2018-01-01T00:00:00",
					source: "user",
				},
			);
			expect((await edits.edit(user, item.id, { takenAt: null }))?.item.takenAt).toEqual(ofFile);
			expect((await edits.edit(user, item.id, { takenAt: null }))?.item.takenAt).toEqual(ofFile);
		});

		it("is kept where the image is processed again, and the file's new one comes back", async () => {
			const { edits, requests, stages } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, {});
			await edits.edit(user, item.id, { takenAt: own });
			const request = await requests.create({
				id: crypto.randomUUID(),
				itemId: item.id,
				userId: user,
				kind: "resize",
				provider: null,
				model: null,
			});
			const claimed = await stages.claimRequest(user, item.id, request?.id ?? "", 60);
			if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
			const { sha256: _, ...image } = processed({ takenAt: ofFile });
			expect(await stages.commitResized(claimed.lease, image)).toBe(true);
			expect((await found(item)).item.takenAt).toEqual(own);
			expect((await edits.edit(user, item.id, { takenAt: null }))?.item.takenAt).toEqual(ofFile);
		});
	});

	describe("tags", () => {
		const names = async (item: Item) => (await found(item)).tags;

		it("that a model suggests are the item's, in its order, until it suggests others", async () => {
			const user = newUser();
			const { item } = await readyItem(get(), user, {});
			await reanalyze(item, {}, 2, ["Sea", "sea", " old  boats ", "x".repeat(101)]);
			expect(await names(item)).toEqual(["Sea", "old boats"]);
			await reanalyze(item, {}, 3, ["Crane"]);
			expect(await names(item)).toEqual(["Crane"]);
		});

		it("that the person sets replace the model's, and null gives those back", async () => {
			const { edits } = get();
			const user = newUser();
			const { item } = await readyItem(get(), user, {});
			await reanalyze(item, {}, 2, ["Sea", "Boats"]);
			await edits.edit(user, item.id, { tags: ["Zoo", "sea"] });
			await reanalyze(item, {}, 3, ["Boats", "Pier"]);
			expect(await names(item)).toEqual(["Zoo", "sea"]);
			await edits.edit(user, item.id, { tags: null });
			expect(await names(item)).toEqual(["Boats", "Pier"]);
		});

		it("have the spelling that the person's other items have", async () => {
			const { edits } = get();
			const user = newUser();
			const { item: first } = await readyItem(get(), user, {});
			const { item: second } = await readyItem(get(), user, {});
			await edits.edit(user, first.id, { tags: ["Été 🏖️"] });
			await edits.edit(user, second.id, { tags: ["été 🏖️"] });
			expect(await names(second)).toEqual(["Été 🏖️"]);
			const { item: foreign } = await readyItem(get(), newUser(), {});
			await edits.edit(foreign.userId, foreign.id, { tags: ["été 🏖️"] });
			expect(await names(foreign)).toEqual(["été 🏖️"]);
		});
	});
}
