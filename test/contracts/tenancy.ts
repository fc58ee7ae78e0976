import { beforeAll, describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import type { Lease } from "#core/ports/index.ts";
import { type ArrangedPorts, analyzedItem, claim, commitAnalysis, readyItem, uploaded } from "./item-states.ts";
import { axis, digest, newAnalysis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

/** Tests that no call with one user's id reaches another user's rows. */
export function tenancyContract(get: () => ArrangedPorts): void {
	describe("another user", () => {
		const [ada, bob] = [newUser(), newUser()];
		let item: Item;
		let analysisId: string;
		let leased: Item;
		/** Ada's lease with Bob's id in it. */
		let forged: Lease;

		beforeAll(async () => {
			const ports = get();
			const ready = await readyItem(ports, ada, { headline: "private ramen" });
			item = ready.item;
			analysisId = ready.analysis.id;
			({ item: leased } = await analyzedItem(ports, ada));
			forged = { ...(await claim(ports, leased, "embed")).lease, userId: bob };
		});

		it("finds no item", async () => {
			const { items } = get();
			expect(await items.find(bob, item.id)).toBeNull();
			expect(await items.markUploaded(bob, item.id)).toBeNull();
			expect(await items.restart(bob, item.id)).toBeNull();
			const { item: pending } = await items.create(newItem(ada));
			const announced = { mimeType: "image/webp", fileSize: 1 } as const;
			expect(await items.reopen(bob, pending.id, announced)).toBeNull();
			await items.delete(ada, pending.id);
			expect(await items.delete(bob, item.id)).toBe(false);
			expect(await items.list(bob, { limit: 100, offset: 0 })).toEqual({ items: [], total: 0, nextCursor: null });
			expect(await items.find(ada, item.id)).not.toBeNull();
		});

		it("gets nothing by a cursor of another user's list", async () => {
			const { items } = get();
			const first = await items.list(ada, { limit: 1, offset: 0 });
			const cursor = first.nextCursor ?? "";
			const page = await items.list(bob, { limit: 100, offset: 0, cursor }).catch((error) => error);
			expect(page.items ?? []).toEqual([]);
		});

		it("cannot create an item under a foreign id, and gets an own item for the same bytes", async () => {
			const ports = get();
			await expect(ports.items.create(newItem(bob, { id: item.id }))).rejects.toThrow(/in use/);
			const sha256 = digest("tenancy");
			await ports.items.create(newItem(ada, { sha256 }));
			const { item: own, created } = await ports.items.create(newItem(bob, { sha256 }));
			expect(created).toBe(true);
			expect(own.userId).toBe(bob);
			await ports.items.delete(bob, own.id);
		});

		it("finds no analysis", async () => {
			const { analyses } = get();
			expect(await analyses.find(bob, analysisId)).toBeNull();
			expect(await analyses.listByItem(bob, item.id)).toBeNull();
			expect(await analyses.latestVersion(bob, item.id)).toBe(0);
		});

		it("finds nothing by any search", async () => {
			const { search } = get();
			const text = { text: "private ramen" };
			const vector = { model: "test-model", vector: axis(0) };
			const weights = { text: 1, vector: 1 };
			const options = { topK: 50 };
			expect(await search.byText(bob, text, options)).toEqual([]);
			expect(await search.byVector(bob, vector, options)).toEqual([]);
			expect(await search.hybrid(bob, { text, vector, weights }, options)).toEqual([]);
			expect(await search.byText(ada, text, options)).toHaveLength(1);
		});

		it("gets counts and scores that do not depend on others' items", async () => {
			const ports = get();
			expect(await ports.vectorIndex.status(bob, "test-model")).toEqual({
				items: 0,
				embedded: 0,
				missing: 0,
				stale: 0,
				rebuilding: 0,
			});
			const [carl, dora] = [newUser(), newUser()];
			for (const user of [carl, dora]) {
				await analyzedItem(ports, user, { headline: "kite festival" });
			}
			const score = async (user: string) =>
				(await ports.search.byText(user, { text: "kite unheard" }, { topK: 1 }))[0]?.score;
			const before = await score(dora);
			for (let count = 0; count < 5; count++) {
				await analyzedItem(ports, carl, { headline: `kite ${count}` });
			}
			expect(await score(dora)).toBe(before);
		});

		it("cannot claim, commit, fail or release, not even with the valid token", async () => {
			const ports = get();
			const { stages } = ports;
			expect(await stages.claim(bob, leased.id, "embed", 60)).toEqual({ outcome: "gone" });
			const embedding = { analysisId, textRevision: 0, model: "test-model", vector: axis(0), usage: [] };
			expect(await stages.commitEmbedded(forged, embedding, newEvent("ItemReady", leased))).toBe(false);
			expect(await commitAnalysis(ports, forged, leased, newAnalysis({}, 9))).toBe(false);
			expect(await stages.commitProcessed(forged, processed(), newEvent("ImageProcessed", leased))).toBe(false);
			expect(await stages.fail(forged, { code: "undecodable_image", detail: "Forged." })).toBe(false);
			await stages.release(forged);
			expect(await stages.putOff(forged, { wasAsked: true, seconds: 1 })).toBeNull();
			expect(await stages.claim(ada, leased.id, "embed", 60)).toMatchObject({ outcome: "busy" });
		});

		it("cannot fail a foreign upload or read a foreign event", async () => {
			const ports = get();
			const { item: pending } = await ports.items.create(newItem(ada));
			await ports.stages.failMissingUpload(bob, pending.id);
			expect((await ports.items.find(ada, pending.id))?.item.status).toBe("pending");
			expect(await ports.outbox.unsent({ userId: bob, itemId: item.id })).toEqual([]);
			expect(await ports.outbox.unsent({ userId: ada, itemId: item.id })).not.toEqual([]);
		});

		it("'s item is never named as the original of a duplicate", async () => {
			const ports = get();
			const sha256 = digest("tenancy of duplicates");
			const { item: announced } = await ports.items.create(newItem(ada, { sha256: digest("announced by ada") }));
			const own = await uploaded(ports, bob);
			const { lease } = await claim(ports, own, "process");
			await ports.stages.commitProcessed(
				lease,
				processed({ sha256: digest("announced by ada") }),
				newEvent("ImageProcessed", own),
			);
			expect((await ports.items.find(ada, announced.id))?.item).toEqual(announced);
			for (const user of [ada, bob]) {
				const own = await uploaded(ports, user);
				const { lease } = await claim(ports, own, "process");
				await ports.stages.commitProcessed(lease, processed({ sha256 }), newEvent("ImageProcessed", own));
				expect((await ports.items.find(user, own.id))?.item.status).toBe("processed");
			}
		});
	});
}
