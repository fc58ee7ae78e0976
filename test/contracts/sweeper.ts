import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { analyzedItem, claim, processedItem, type RowPorts, readyItem, statusOf, uploaded } from "./item-states.ts";
import { newItem, newUser } from "./new-rows.ts";

const noLimit = { limit: 10_000 };

/** Tests the part of `Stages` that the sweeper uses. */
export function sweeperContract(get: () => RowPorts): void {
	describe("the sweeper", () => {
		const onlyOf =
			(user: string) =>
			<Found extends { item: Item }>(found: Found[]) =>
				found.filter(({ item }) => item.userId === user);

		it("claims stalled items once, oldest first, with their stage", async () => {
			const ports = get();
			const user = newUser();
			const first = await uploaded(ports, user);
			const second = await processedItem(ports, user);
			const { item: third, analysis } = await analyzedItem(ports, user);
			await readyItem(ports, user);
			const again = { idleSeconds: 0, againSeconds: 60, ...noLimit };
			const stalled = onlyOf(user)(await ports.stages.claimStalled(again));
			expect(stalled[0]?.since).toBeInstanceOf(Date);
			expect(stalled.map(({ item, stage, analysisId }) => [item.id, stage, analysisId])).toEqual([
				[first.id, "process", null],
				[second.id, "analyze", null],
				[third.id, "embed", analysis.id],
			]);
			expect(onlyOf(user)(await ports.stages.claimStalled(again))).toEqual([]);
		});

		it("does not claim items that are leased or moved a moment ago", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			const claimIdle = async (idleSeconds: number) =>
				onlyOf(user)(await ports.stages.claimStalled({ idleSeconds, againSeconds: 0, ...noLimit }));
			expect(await claimIdle(60)).toEqual([]);
			const { lease } = await claim(ports, item, "process");
			expect(await claimIdle(0)).toEqual([]);
			await ports.stages.release(lease);
			expect(await claimIdle(0)).toHaveLength(1);
		});

		it("measures the longest wait over all users", async () => {
			const ports = get();
			await uploaded(ports, newUser());
			expect(await ports.stages.oldestWaitSeconds()).toBeGreaterThan(0);
		});

		it("fails items that were never uploaded, unless they are leased or uploaded", async () => {
			const ports = get();
			const user = newUser();
			const { item: missing } = await ports.items.create(newItem(user));
			const { item: working } = await ports.items.create(newItem(user));
			const arrived = await uploaded(ports, user);
			await claim(ports, working, "process");
			for (const { id } of [missing, working, arrived]) {
				await ports.stages.failMissingUpload(user, id);
			}
			expect((await ports.items.find(user, missing.id))?.item).toMatchObject({
				status: "failed",
				error: { code: "upload_missing" },
			});
			expect(await statusOf(ports, working)).toBe("pending");
			expect(await statusOf(ports, arrived)).toBe("uploaded");
		});

		it("finds the tombstone of a deleted item until the tombstone is deleted", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			await ports.items.delete(user, item.id);
			const tombstones = async (olderThanSeconds: number) =>
				(await ports.stages.claimTombstones({ olderThanSeconds, againSeconds: 0, ...noLimit })).filter(
					({ userId }) => userId === user,
				);
			expect(await tombstones(60)).toEqual([]);
			expect(await tombstones(0)).toMatchObject([{ userId: user, itemId: item.id, deletedAt: expect.any(Date) }]);
			await ports.stages.deleteTombstone(newUser(), item.id);
			expect(await tombstones(0)).toHaveLength(1);
			await ports.stages.deleteTombstone(user, item.id);
			expect(await tombstones(0)).toEqual([]);
		});
	});
}
