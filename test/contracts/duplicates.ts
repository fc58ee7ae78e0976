import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import type { Lease } from "#core/ports/index.ts";
import { type ArrangedPorts, claim, statusOf, uploaded } from "./item-states.ts";
import { digest, newEvent, newItem, newUser, processed } from "./new-rows.ts";

/** Tests how an implementation of `Stages` keeps the same bytes of a user once. */
export function duplicatesContract(get: () => ArrangedPorts): void {
	const commit = async (lease: Lease, item: Item, more = {}) =>
		get().stages.commitProcessed(lease, processed(more), newEvent("ImageProcessed", item));

	describe("a stage", () => {
		it("fails an item whose bytes another item of the user has, as its duplicate", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const [first, second] = [await uploaded(ports, user), await uploaded(ports, user)];
			const claims = [await claim(ports, first, "process"), await claim(ports, second, "process")] as const;
			expect(await commit(claims[0].lease, first, { sha256 })).toBe(true);
			expect(await commit(claims[1].lease, second, { sha256 })).toBe(true);
			expect((await ports.items.find(user, second.id))?.item).toMatchObject({
				status: "failed",
				sha256: null,
				error: { code: "duplicate", duplicateOf: first.id },
			});
			const scope = { userId: user, itemId: second.id };
			expect(await ports.outbox.unsent(scope)).toEqual([]);
		});

		it("restarts a failed item whose bytes another item of the user brings again", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const first = await uploaded(ports, user);
			const second = await uploaded(ports, user);
			const { lease } = await claim(ports, first, "process");
			expect(await commit(lease, first, { sha256 })).toBe(true);
			await ports.forceFailed(first);
			const late = await claim(ports, second, "process");
			expect(await commit(late.lease, second, { sha256 })).toBe(true);
			expect((await ports.items.find(user, second.id))?.item).toMatchObject({
				status: "failed",
				error: { code: "duplicate", duplicateOf: first.id },
			});
			expect((await ports.items.find(user, first.id))?.item).toMatchObject({ status: "uploaded", error: null, sha256 });
			expect((await claim(ports, first, "process")).attempt).toBe(1);
		});

		it.each(["pending", "failed"])("takes over a digest that an item still %s has only announced", async (status) => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const { item: announcing } = await ports.items.create(newItem(user, { sha256 }));
			if (status === "failed") {
				await ports.stages.failMissingUpload(user, announcing.id);
			}
			const item = await uploaded(ports, user);
			const { lease } = await claim(ports, item, "process");
			expect(await commit(lease, item, { sha256 })).toBe(true);
			expect((await ports.items.find(user, item.id))?.item).toMatchObject({ status: "processed", sha256 });
			expect((await ports.items.find(user, announcing.id))?.item).toMatchObject({ status, sha256: null });
		});

		it("stores the digest of the actual bytes where others were announced", async () => {
			const ports = get();
			const user = newUser();
			const { item } = await ports.items.create(newItem(user, { sha256: digest("announced") }));
			const { lease } = await claim(ports, item, "process");
			expect(await commit(lease, item, { sha256: digest("found") })).toBe(true);
			expect((await ports.items.find(user, item.id))?.item.sha256).toBe(digest("found"));
		});

		it("keeps one of several items that bring the same bytes concurrently", async () => {
			const ports = get();
			const user = newUser();
			const sha256 = digest(user);
			const all = await Promise.all([1, 2, 3, 4].map(() => uploaded(ports, user)));
			await Promise.all(
				all.map(async (item) => {
					const { lease } = await claim(ports, item, "process");
					expect(await commit(lease, item, { sha256 })).toBe(true);
				}),
			);
			const statuses = await Promise.all(all.map((item) => statusOf(ports, item)));
			expect(statuses.sort()).toEqual(["failed", "failed", "failed", "processed"]);
		});
	});
}
