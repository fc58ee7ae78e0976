import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { takenAt } from "#core/items/taken-at.ts";
import type { ItemFilter, ItemPage } from "#core/ports/index.ts";
import { fakePlaceholder } from "#fakes/models.ts";
import { claim, commitAnalysis, processedItem, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { digest, newAnalysis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

const page = { limit: 10, offset: 0 };
const idOf = ({ id }: Pick<Item, "id">) => id;

/** Tests lists, counts and the trash of an implementation of `Items`. */
export function itemListsContract(get: () => RowPorts): void {
	const named = (user: string, originalFilename: string, taken?: string) =>
		processedItem(
			get(),
			user,
			{ originalFilename },
			{ takenAt: taken ? takenAt(taken, "+02:00", "exif") : null, sha256: digest(randomUUID()) },
		);
	const idsOf = async (user: string, asked: Partial<ItemPage>) => {
		const found = await get().items.list(user, { ...page, ...asked });
		const compact = await get().items.listCompact(user, { ...page, ...asked });
		expect(compact.items.map(idOf)).toEqual(found.items.map(({ item }) => item.id));
		expect([compact.total, compact.nextCursor]).toEqual([found.total, found.nextCursor]);
		return found.items.map(({ item }) => item.id);
	};

	describe("a list of items", () => {
		it("is sorted by upload, by when they were taken else uploaded, and by name in any case", async () => {
			const user = newUser();
			const b = await named(user, "b.png", "2020-01-01T12:00:00");
			const A = await named(user, "A.png");
			const c = await named(user, "c.png", "2021-01-01T12:00:00");
			await named(newUser(), "a.png");
			const ids = { b: b.id, A: A.id, c: c.id };
			expect(await idsOf(user, {})).toEqual([ids.c, ids.A, ids.b]);
			expect(await idsOf(user, { sort: "created", order: "asc" })).toEqual([ids.b, ids.A, ids.c]);
			expect(await idsOf(user, { sort: "taken" })).toEqual([ids.A, ids.c, ids.b]);
			expect(await idsOf(user, { sort: "taken", order: "asc" })).toEqual([ids.b, ids.c, ids.A]);
			expect(await idsOf(user, { sort: "name" })).toEqual([ids.A, ids.b, ids.c]);
			expect(await idsOf(user, { sort: "name", order: "desc" })).toEqual([ids.c, ids.b, ids.A]);
		});

		it.each(["created", "taken", "name"] as const)(
			"is paged by cursor in both orders when sorted by %s, also among equal keys",
			async (sort) => {
				const user = newUser();
				const items: Item[] = [];
				for (const name of ["same.png", "same.png", 'nul "quoted" 🙂.png', "same.png", "Z"]) {
					items.push(await named(user, name, "2020-02-29T12:00:00"));
				}
				for (const order of ["asc", "desc"] as const) {
					const all = await idsOf(user, { sort, order });
					expect(new Set(all)).toEqual(new Set(items.map(idOf)));
					const paged: string[] = [];
					let cursor: string | undefined;
					do {
						const asked: ItemPage = { sort, order, limit: 2, offset: 0, cursor };
						paged.push(...(await idsOf(user, asked)));
						cursor = (await get().items.list(user, asked)).nextCursor ?? undefined;
					} while (cursor);
					expect(paged).toEqual(all);
				}
			},
		);

		it("refuses a cursor of another sort or order, and says which", async () => {
			const { items } = get();
			const user = newUser();
			for (const name of ["a", "b"]) await named(user, name);
			const { nextCursor } = await items.list(user, { limit: 1, offset: 0, sort: "name" });
			const cursor = nextCursor ?? "";
			for (const asked of [{}, { sort: "taken" }, { sort: "name", order: "desc" }] as const) {
				const refused = await items.list(user, { ...page, ...asked, cursor }).catch((error) => error);
				expect(refused).toMatchObject({ code: "invalid_request", message: expect.stringContaining("sort=name") });
			}
		});

		it("is bounded by days of the local clock, and by instants", async () => {
			const user = newUser();
			// 21:30 UTC of the 31st, and 22:30 UTC of the same day.
			const march = await named(user, "march.png", "2025-03-31T23:30:00");
			const april = await named(user, "april.png", "2025-04-01T00:30:00");
			const unknown = await named(user, "unknown.png");
			const from = "2025-04-01T00:00:00";
			expect(await idsOf(user, { from })).toEqual([unknown.id, april.id]);
			expect(await idsOf(user, { to: from })).toEqual([march.id]);
			expect(
				await idsOf(user, { from: new Date("2025-03-31T22:00:00Z"), to: new Date("2025-03-31T23:00:00Z") }),
			).toEqual([april.id]);
			expect(await idsOf(user, { dates: "taken", from: "2000-01-01T00:00:00" })).toEqual([april.id, march.id]);
			expect(await idsOf(user, { dates: "uploaded", from: unknown.createdAt })).toEqual([unknown.id]);
			expect(await idsOf(user, { from, to: from })).toEqual([]);
			// In a time zone the day of an upload is another one than the local clock's where a picture was taken.
			const later = new Date(unknown.createdAt.getTime() + 1);
			expect(await idsOf(user, { from, uploadedFrom: unknown.createdAt, uploadedTo: later })).toEqual([
				unknown.id,
				april.id,
			]);
			expect(await idsOf(user, { from, uploadedFrom: later })).toEqual([april.id]);
			expect(await idsOf(user, { to: from, uploadedTo: unknown.createdAt })).toEqual([march.id]);
		});

		it("has the items of a provider, of a category in any case, of ids, and what several filters mean", async () => {
			const ports = get();
			const user = newUser();
			const { item: food } = await readyItem(ports, user, { category: "Food" });
			const plain = await uploaded(ports, user);
			const { item: pending } = await ports.items.create(newItem(user));
			const { item: foreign } = await readyItem(ports, newUser(), { category: "Food" });
			expect(await idsOf(user, { provider: "test" })).toEqual([food.id]);
			expect(await idsOf(user, { provider: "other" })).toEqual([]);
			expect(await idsOf(user, { category: "fOOD" })).toEqual([food.id]);
			const { item: sweets } = await readyItem(ports, newUser(), { category: "Éclairs Ж" });
			expect(await idsOf(sweets.userId, { category: "éCLAIRS ж" })).toEqual([sweets.id]);
			const ids = [plain.id, pending.id, foreign.id, randomUUID()];
			expect(await idsOf(user, { ids })).toEqual([pending.id, plain.id]);
			expect(await idsOf(user, { ids: [] })).toEqual([]);
			expect(await idsOf(user, { ids, and: { category: "Food" } })).toEqual([]);
			expect(await idsOf(user, { status: "ready", and: { ids: [food.id, plain.id] } })).toEqual([food.id]);
		});

		it("has favourites, items with all of several tags in any case, and a person's own category instead of the model's", async () => {
			const ports = get();
			const user = newUser();
			const { item: soup } = await readyItem(ports, user, { category: "Food", headline: "Soup" });
			const { item: train } = await readyItem(ports, user, { category: "Travel" });
			await ports.edits.edit(user, soup.id, { tags: ["Lunch", "🙂"], favorite: true, headline: "My soup" });
			await ports.edits.edit(user, train.id, { tags: ["lunch"], category: "Trips" });
			expect(await idsOf(user, { tags: ["LUNCH"] })).toEqual([train.id, soup.id]);
			expect(await idsOf(user, { tags: ["lunch", "🙂"] })).toEqual([soup.id]);
			expect(await idsOf(user, { tags: ["lunch", "dinner"] })).toEqual([]);
			expect(await idsOf(newUser(), { tags: ["lunch"] })).toEqual([]);
			expect(await idsOf(user, { favorite: true })).toEqual([soup.id]);
			expect(await idsOf(user, { favorite: false })).toEqual([train.id]);
			expect(await idsOf(user, { category: "trips" })).toEqual([train.id]);
			expect(await idsOf(user, { category: "Travel" })).toEqual([]);
			const { items } = await ports.items.listCompact(user, { ...page, favorite: true });
			expect(items).toMatchObject([{ headline: "My soup", category: "Food", favorite: true }]);
			const { categories, tags } = await ports.items.facets(user, {});
			expect(categories.map(({ value }) => value).sort()).toEqual(["Food", "Trips"]);
			expect(tags).toMatchObject([{ count: 2 }, { value: "🙂", count: 1 }]);
			expect((await ports.items.facets(user, { tags: ["🙂"] })).tags).toHaveLength(2);
		});

		it("has in its compact form what a grid shows", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { category: "Food", headline: "A soup" });
			const compact = await ports.items.listCompact(user, page);
			const { userId, width, height, createdAt } = (await ports.items.find(user, item.id))?.item ?? item;
			expect(compact.items).toEqual([
				{
					...{ id: item.id, userId, width, height, createdAt },
					status: "ready",
					category: "Food",
					headline: "A soup",
					placeholder: fakePlaceholder,
					favorite: false,
					trashedAt: null,
					takenAt: null,
				},
			]);
		});

		it("shows the category, the provider and the risk of the current analysis alone", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { category: "Food" });
			const request = await ports.requests.create({
				...{ id: randomUUID(), userId: user, itemId: item.id, kind: "analyze", provider: null, model: null },
			});
			const claimed = await ports.stages.claimRequest(user, item.id, request?.id ?? "", 60);
			if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
			expect(await ports.items.count(user, { risk: "low" })).toBe(0);
			const verification = {
				...{ accuracyScore: 25, riskLevel: "high" as const },
				unsupported: [
					{
						...{ field: "summary" as const, text: "It costs 12 euros.", reason: "Another number stands there." },
						...{ verdict: "contradicted" as const, contradiction: "number" as const },
					},
				],
			};
			const again = { ...newAnalysis({ category: "Travel" }, 2), providerUsed: "second", verification };
			expect(await commitAnalysis(ports, { ...claimed.lease, stage: "analyze" }, item, again)).toBe(true);
			expect(await ports.items.count(user, { category: "Food" })).toBe(0);
			expect(await ports.items.count(user, { category: "Travel", provider: "second" })).toBe(1);
			for (const [risk, count] of [
				["low", 1],
				["high", 1],
				["critical", 0],
			] as const) {
				expect(await ports.items.count(user, { risk })).toBe(count);
			}
			expect((await ports.items.find(user, item.id))?.latestAnalysis?.verification).toEqual(verification);
			expect(await ports.items.categories(user)).toEqual([{ category: "Travel", items: 1 }]);
		});
	});

	describe("facets", () => {
		it("count what a person's items have, under the filters of a list", async () => {
			const ports = get();
			const user = newUser();
			for (const category of ["Food", "Travel", "food"]) {
				const item = await named(user, "x.png", "2024-02-29T12:00:00");
				const { lease } = await claim(ports, item, "analyze");
				await commitAnalysis(ports, lease, item, newAnalysis({ category }));
			}
			await named(user, "y.png", "2023-12-31T23:59:59");
			await readyItem(ports, newUser(), { category: "Food" });
			expect(await ports.items.facets(user, {})).toMatchObject({
				categories: [
					{ value: "Food", count: 2 },
					{ value: "Travel", count: 1 },
				],
				months: [
					{ value: "2024-02", count: 3 },
					{ value: "2023-12", count: 1 },
				],
				statuses: [
					{ value: "analyzed", count: 3 },
					{ value: "processed", count: 1 },
				],
				providers: [{ value: "test", count: 3 }],
			});
			const travel = await ports.items.facets(user, { category: "travel" });
			expect(travel.categories).toEqual([{ value: "Travel", count: 1 }]);
			expect(travel.months).toEqual([{ value: "2024-02", count: 1 }]);
			expect(Object.values(await ports.items.facets(newUser(), {})).flat()).toEqual([]);
		});
	});

	describe("the trash", () => {
		it("hides an item everywhere but in its own list, until it is restored", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await readyItem(ports, user, { category: "Food" });
			const trashed = await ports.items.trash(user, item.id);
			expect(trashed).toMatchObject({ id: item.id, status: "ready", trashedAt: expect.any(Date) });
			expect(await ports.items.trash(user, item.id)).toEqual(trashed);
			const hidden: ItemFilter[] = [{}, { status: "ready" }, { category: "Food" }, { ids: [item.id] }];
			for (const filter of hidden) expect(await idsOf(user, filter)).toEqual([]);
			expect(await idsOf(user, { status: "trashed" })).toEqual([item.id]);
			expect(await ports.items.count(user, { status: "trashed", category: "food" })).toBe(1);
			expect(await ports.items.categories(user)).toEqual([]);
			expect((await ports.items.facets(user, {})).statuses).toEqual([]);
			expect((await ports.items.facets(user, { status: "trashed" })).statuses).toEqual([
				{ value: "trashed", count: 1 },
			]);
			expect((await ports.items.find(user, item.id))?.item.trashedAt).toEqual(trashed?.trashedAt);
			const restored = await ports.items.restore(user, item.id);
			expect(restored).toMatchObject({ status: "ready", trashedAt: null });
			expect(await ports.items.restore(user, item.id)).toEqual(restored);
			expect(await idsOf(user, {})).toEqual([item.id]);
		});

		it("takes no item of another user, and none that does not exist", async () => {
			const { items } = get();
			const { item } = await readyItem(get(), newUser());
			for (const [user, id] of [
				[newUser(), item.id],
				[item.userId, randomUUID()],
			] as const) {
				expect(await items.trash(user, id)).toBeNull();
				expect(await items.restore(user, id)).toBeNull();
			}
			expect((await items.find(item.userId, item.id))?.item.trashedAt).toBeNull();
		});

		it("gives out what came to it before a time, of each person in turn", async () => {
			const { items } = get();
			const [many, single] = [newUser(), newUser()];
			const trashed: Item[] = [];
			for (const user of [many, many, many, single]) {
				const item = await uploaded(get(), user);
				trashed.push((await items.trash(user, item.id)) ?? item);
			}
			const times = trashed.map(({ trashedAt }) => trashedAt?.getTime() ?? 0);
			const ours = async (time: Date) => {
				const found = await items.trashedBefore(time, 1_000_000);
				return found.filter(({ userId }) => userId === many || userId === single);
			};
			expect(await ours(new Date(Math.min(...times)))).toEqual([]);
			const users = (await ours(new Date(Math.max(...times) + 1))).map(({ userId }) => userId);
			expect(users.toSorted()).toEqual([many, many, many, single].toSorted());
			expect(users.slice(0, 2).toSorted()).toEqual([many, single].toSorted());
			expect(await items.trashedBefore(new Date(Math.max(...times) + 1), 1)).toHaveLength(1);
		});

		it("keeps what is no longer in it, or came to it later, from a deletion of what was in it before a time", async () => {
			const { items } = get();
			const user = newUser();
			const { id } = await uploaded(get(), user);
			const at = (await items.trash(user, id))?.trashedAt?.getTime() ?? 0;
			expect(await items.delete(user, id, { trashedBefore: new Date(at) })).toBe(false);
			await items.restore(user, id);
			expect(await items.delete(user, id, { trashedBefore: new Date(at + 1) })).toBe(false);
			expect(await items.find(user, id)).not.toBeNull();
			const again = (await items.trash(user, id))?.trashedAt?.getTime() ?? 0;
			expect(await items.delete(user, id, { trashedBefore: new Date(again + 1) })).toBe(true);
			expect(await items.find(user, id)).toBeNull();
		});

		it("gives an item back whose bytes were uploaded again under another id", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(randomUUID());
			const first = await processedItem(ports, user, {}, { sha256 });
			await ports.items.trash(user, first.id);
			const again = await uploaded(ports, user);
			const { lease } = await claim(ports, again, "process");
			await ports.stages.commitProcessed(lease, processed({ sha256 }), newEvent("ImageProcessed", again));
			expect((await ports.items.find(user, again.id))?.item.error).toMatchObject({ duplicateOf: first.id });
			expect((await ports.items.find(user, first.id))?.item.trashedAt).toBeNull();
		});
	});
}
