import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { takenAt } from "#core/items/taken-at.ts";
import type { ItemFilter } from "#core/ports/index.ts";
import {
	analyzedItem,
	claim,
	commitAnalysis,
	processedItem,
	type RowPorts,
	readyItem,
	statusOf,
	uploaded,
} from "./item-states.ts";
import { digest, newAnalysis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

/** Tests an implementation of `Items` and `Analyses`. */
export function itemsContract(get: () => RowPorts): void {
	describe("items", () => {
		it("are pending until their bytes are stored", async () => {
			const { items } = get();
			const added = newItem(newUser(), { originalFilename: "Größe 🙂.png" });
			const { item, created } = await items.create(added);
			expect(created).toBe(true);
			expect(item).toMatchObject({ ...added, status: "pending", error: null, colours: [] });
			expect(await items.find(added.userId, added.id)).toEqual({ item, latestAnalysis: null, tags: [] });
			expect(await items.markUploaded(added.userId, added.id)).toMatchObject({ status: "uploaded" });
		});

		it("are found several at a time, only the user's own", async () => {
			const ports = get();
			const user = newUser();
			const { item: first } = await analyzedItem(ports, user, {});
			const second = await uploaded(ports, user);
			await analyzedItem(ports, user, {});
			const { item: foreign } = await analyzedItem(ports, newUser(), {});
			const found = await ports.items.findAll(user, [first.id, second.id, foreign.id, randomUUID()]);
			expect(new Set(found.map(({ item }) => item.id))).toEqual(new Set([first.id, second.id]));
			expect(found).toContainEqual(await ports.items.find(user, first.id));
			expect(await ports.items.findAll(user, [])).toEqual([]);
		});

		it("with the same bytes are one item for each user", async () => {
			const { items } = get();
			const [ada, bob] = [newUser(), newUser()];
			const sha256 = digest("same");
			const first = await items.create(newItem(ada, { sha256 }));
			const again = await items.create(newItem(ada, { sha256 }));
			const ofBob = await items.create(newItem(bob, { sha256 }));
			expect(again).toEqual({ item: first.item, created: false });
			expect(ofBob.created).toBe(true);
		});

		it("with the same bytes, created concurrently, are one item", async () => {
			const { items } = get();
			const user = newUser();
			const sha256 = digest(user);
			const all = await Promise.all(Array.from({ length: 8 }, () => items.create(newItem(user, { sha256 }))));
			expect(all.filter(({ created }) => created)).toHaveLength(1);
			expect(new Set(all.map(({ item }) => item.id)).size).toBe(1);
		});

		it("are refused beyond a number of pending ones, unless their bytes are known", async () => {
			const { items } = get();
			const user = newUser();
			const options = { maxPending: 2 };
			const known = newItem(user, { sha256: digest(user) });
			const first = await items.create(known, options);
			await items.create(newItem(user), options);
			await expect(items.create(newItem(user), options)).rejects.toMatchObject({ code: "too_many_pending" });
			expect(await items.create({ ...known, id: randomUUID() }, options)).toEqual({ ...first, created: false });
			expect((await items.create(newItem(newUser()), options)).created).toBe(true);
			await items.markUploaded(user, first.item.id);
			expect((await items.create(newItem(user), options)).created).toBe(true);
		});

		it("may have names and texts with characters that PostgreSQL cannot store", async () => {
			const ports = get();
			const user = newUser();
			const item = await processedItem(ports, user, { originalFilename: "a\0b.png" });
			const { lease } = await claim(ports, item, "analyze");
			const analysis = newAnalysis({ extracted: ["nul \0 half \ud83d end"] });
			expect(await commitAnalysis(ports, lease, item, analysis)).toBe(true);
			expect(await ports.items.find(user, item.id)).not.toBeNull();
		});

		it("are counted by category, the largest first, without those of other users", async () => {
			const ports = get();
			const user = newUser();
			expect(await ports.items.categories(user)).toEqual([]);
			for (const category of ["Food", "Travel", "Art", "Travel"]) {
				const item = await processedItem(ports, user);
				const { lease } = await claim(ports, item, "analyze");
				await commitAnalysis(ports, lease, item, newAnalysis({ category }));
			}
			await analyzedItem(ports, newUser());
			await processedItem(ports, user);
			expect(await ports.items.categories(user)).toEqual([
				{ category: "Travel", items: 2 },
				{ category: "Art", items: 1 },
				{ category: "Food", items: 1 },
			]);
		});

		it("have another state after each change of what is known of them, and the same without one", async () => {
			const ports = get();
			const [user, neighbour] = [newUser(), newUser()];
			const states: string[] = [];
			const changed = async (change: () => Promise<unknown>) => {
				await change();
				// Times of changes have milliseconds.
				await new Promise((resolve) => setTimeout(resolve, 2));
				const state = await ports.items.state(user);
				expect(states).not.toContain(state);
				expect(await ports.items.state(user)).toBe(state);
				states.push(state);
			};
			await changed(async () => {});
			const { item } = await analyzedItem(ports, user);
			await changed(async () => {});
			await changed(() => uploaded(ports, user));
			await changed(() => ports.edits.edit(user, item.id, { summary: "Mine." }));
			await changed(() => ports.edits.edit(user, item.id, { tags: ["sea"] }));
			await changed(() => ports.tags.rename(user, "sea", "Ocean"));
			await changed(() => ports.items.trash(user, item.id));
			await changed(() => ports.items.restore(user, item.id));
			await changed(() => ports.items.delete(user, item.id));
			await analyzedItem(ports, neighbour);
			expect(await ports.items.state(user)).toBe(states.at(-1));
		});

		it("are listed newest first, without pending ones", async () => {
			const ports = get();
			const user = newUser();
			const ids: string[] = [];
			for (let count = 0; count < 3; count++) {
				ids.unshift((await uploaded(ports, user)).id);
			}
			const { item: pending } = await ports.items.create(newItem(user));
			const listed = await ports.items.list(user, { limit: 10, offset: 0 });
			expect(listed.items.map(({ item }) => item.id)).toEqual(ids);
			expect(listed).toMatchObject({ total: 3, nextCursor: null });
			const waiting = await ports.items.list(user, { status: "pending", limit: 10, offset: 0 });
			expect(waiting.items.map(({ item }) => item.id)).toEqual([pending.id]);
		});

		it("are listed and counted from one time to another, the oldest first where that is asked", async () => {
			const ports = get();
			const user = newUser();
			const items: Item[] = [];
			for (let count = 0; count < 3; count++) items.push(await uploaded(ports, user));
			await uploaded(ports, newUser());
			const [first, second, third] = items.map(({ createdAt }) => createdAt);
			const ids = items.map(({ id }) => id);
			const listed = async (filter: ItemFilter) => {
				const page = await ports.items.list(user, { ...filter, order: "asc", limit: 10, offset: 0 });
				expect(page.total).toBe(page.items.length);
				expect(await ports.items.count(user, filter)).toBe(page.total);
				return page.items.map(({ item }) => item.id);
			};
			expect(await listed({})).toEqual(ids);
			expect(await listed({ from: second })).toEqual(ids.slice(1));
			expect(await listed({ to: second })).toEqual(ids.slice(0, 1));
			expect(await listed({ from: first, to: third })).toEqual(ids.slice(0, 2));
			const page = await ports.items.list(user, { order: "asc", limit: 2, offset: 0 });
			const next = await ports.items.list(user, {
				order: "asc",
				limit: 2,
				offset: 0,
				cursor: page.nextCursor ?? "none",
			});
			expect([...page.items, ...next.items].map(({ item }) => item.id)).toEqual(ids);
		});

		it("are listed by when they were taken, where that is known, and of a category in any case", async () => {
			const ports = get();
			const user = newUser();
			const taken = await processedItem(ports, user, {}, { takenAt: takenAt("2025-03-31T23:30:00", "+02:00", "exif") });
			await processedItem(ports, user);
			const { lease } = await claim(ports, taken, "analyze");
			await commitAnalysis(ports, lease, taken, newAnalysis({ category: "Food" }));
			const march = { from: new Date("2025-03-01"), to: new Date("2025-04-01"), dates: "taken" as const };
			expect(await ports.items.count(user, march)).toBe(1);
			expect(await ports.items.count(user, { ...march, dates: "uploaded" })).toBe(0);
			expect(await ports.items.count(user, { category: "fOOD" })).toBe(1);
			expect(await ports.items.count(user, { category: "Foo" })).toBe(0);
			expect(await ports.items.count(newUser(), march)).toBe(0);
		});

		it("are paged by cursor without gaps or repetitions while new ones arrive", async () => {
			const ports = get();
			const user = newUser();
			const ids: string[] = [];
			for (let count = 0; count < 5; count++) {
				ids.unshift((await uploaded(ports, user)).id);
			}
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await ports.items.list(user, { limit: 2, offset: 0, cursor });
				seen.push(...page.items.map(({ item }) => item.id));
				cursor = page.nextCursor ?? undefined;
				await uploaded(ports, user);
			} while (cursor);
			expect(seen).toEqual(ids);
		});

		it("are paged by offset", async () => {
			const ports = get();
			const user = newUser();
			const first = await uploaded(ports, user);
			await uploaded(ports, user);
			const page = await ports.items.list(user, { limit: 5, offset: 1 });
			expect(page.items.map(({ item }) => item.id)).toEqual([first.id]);
			expect(page.total).toBe(2);
		});

		it("are not listed with a cursor that no list returned", async () => {
			const { items } = get();
			for (const cursor of ["", "x", Buffer.from("now; drop").toString("base64url")]) {
				await expect(items.list(newUser(), { limit: 5, offset: 0, cursor })).rejects.toMatchObject({
					code: "invalid_request",
				});
			}
		});

		it("are listed by category and by status", async () => {
			const ports = get();
			const user = newUser();
			const { item: food } = await analyzedItem(ports, user, { category: "Food" });
			await readyItem(ports, user, { category: "Travel" });
			await uploaded(ports, user);
			const listed = async (filter: object) => ports.items.list(user, { limit: 10, offset: 0, ...filter });
			expect((await listed({ category: "Food" })).items).toMatchObject([
				{ item: { id: food.id }, latestAnalysis: { description: { category: "Food" } } },
			]);
			expect((await listed({ category: "Food" })).total).toBe(1);
			expect((await listed({ status: "ready" })).total).toBe(1);
			expect((await listed({ category: "Nothing" })).total).toBe(0);
		});

		it("that failed stay failed when the upload is confirmed late, and get fresh attempts at a restart", async () => {
			const ports = get();
			const item = await uploaded(ports, newUser());
			const { lease } = await claim(ports, item, "process");
			await ports.stages.fail(lease, { code: "undecodable_image", detail: "Broken." });
			expect(await ports.items.markUploaded(item.userId, item.id)).toMatchObject({
				status: "failed",
				error: { code: "undecodable_image" },
			});
			expect(await ports.items.restart(item.userId, item.id)).toMatchObject({ status: "uploaded", error: null });
			expect((await claim(ports, item, "process")).attempt).toBe(1);
		});

		it("that failed or were never uploaded are pending again when reopened, with the new type and size", async () => {
			const ports = get();
			const user = newUser();
			const { item: pending } = await ports.items.create(newItem(user));
			const failed = await uploaded(ports, user);
			const { lease } = await claim(ports, failed, "process");
			await ports.stages.fail(lease, { code: "undecodable_image", detail: "Broken." });
			const announced = { mimeType: "image/webp", fileSize: 77 } as const;
			for (const { id } of [pending, failed]) {
				expect(await ports.items.reopen(user, id, announced)).toMatchObject({
					...announced,
					id,
					status: "pending",
					error: null,
				});
				expect((await claim(ports, { userId: user, id }, "process")).attempt).toBe(1);
			}
		});

		it("that are leased, uploaded or unknown are not reopened", async () => {
			const ports = get();
			const user = newUser();
			const { item: leased } = await ports.items.create(newItem(user));
			await claim(ports, leased, "process");
			const arrived = await uploaded(ports, user);
			const announced = { mimeType: "image/webp", fileSize: 77 } as const;
			for (const id of [leased.id, arrived.id, randomUUID()]) {
				expect(await ports.items.reopen(user, id, announced)).toBeNull();
			}
			expect((await ports.items.find(user, arrived.id))?.item).toEqual(arrived);
		});

		it("that are processed stay so when the upload is confirmed late", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			expect(await ports.items.markUploaded(item.userId, item.id)).toMatchObject({ status: "processed" });
		});

		it("keep a stage's lease when the upload is confirmed", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await ports.items.create(newItem(user));
			const { lease } = await claim(ports, item, "process");
			await ports.items.markUploaded(user, item.id);
			expect(await ports.stages.commitProcessed(lease, processed(), newEvent("ImageProcessed", item))).toBe(true);
			expect(await statusOf(ports, item)).toBe("processed");
		});

		it("are deleted with everything derived from them", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis } = await readyItem(ports, user, { headline: "Lighthouse" });
			expect(await ports.items.delete(user, item.id)).toBe(true);
			expect(await ports.items.find(user, item.id)).toBeNull();
			expect(await ports.analyses.find(user, analysis.id)).toBeNull();
			expect(await ports.analyses.listByItem(user, item.id)).toBeNull();
			expect(await ports.outbox.unsent({ userId: user, itemId: item.id })).toEqual([]);
			expect(await ports.search.byText(user, { text: "lighthouse" }, { topK: 5 })).toEqual([]);
			expect((await ports.vectorIndex.status(user, "test-model")).items).toBe(0);
			expect(await ports.items.delete(user, item.id)).toBe(false);
			expect(await ports.items.markUploaded(user, item.id)).toBeNull();
		});
	});

	describe("analyses", () => {
		it("are numbered, and the newest is the item's current one", async () => {
			const ports = get();
			const user = newUser();
			const { item, analysis } = await analyzedItem(ports, user, { headline: "First", category: "Food" });
			expect(await ports.analyses.latestVersion(user, item.id)).toBe(1);
			const stored = await ports.analyses.find(user, analysis.id);
			expect(stored).toMatchObject({ ...analysis, itemId: item.id, userId: user });
			expect(stored?.createdAt).toBeInstanceOf(Date);
			expect(await ports.analyses.listByItem(user, item.id)).toEqual([stored]);
			expect((await ports.items.find(user, item.id))?.latestAnalysis).toEqual(stored);
		});

		it("are found several at a time, only the user's own", async () => {
			const ports = get();
			const user = newUser();
			const { analysis: first } = await analyzedItem(ports, user, {});
			const { analysis: second } = await analyzedItem(ports, user, {});
			await analyzedItem(ports, user, {});
			const { analysis: foreign } = await analyzedItem(ports, newUser(), {});
			const found = await ports.analyses.findAll(user, [first.id, second.id, foreign.id, randomUUID()]);
			expect(new Set(found.map(({ id }) => id))).toEqual(new Set([first.id, second.id]));
			expect(found).toContainEqual(await ports.analyses.find(user, first.id));
			expect(await ports.analyses.findAll(user, [])).toEqual([]);
		});

		it("of an item without any are an empty list, of an unknown item null", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			expect(await ports.analyses.listByItem(user, item.id)).toEqual([]);
			expect(await ports.analyses.listByItem(user, randomUUID())).toBeNull();
			expect(await ports.analyses.latestVersion(user, item.id)).toBe(0);
			expect(await ports.analyses.find(user, randomUUID())).toBeNull();
		});
	});
}
