import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import type { Lease } from "#core/ports/index.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { commitAnalysis, uploaded } from "./item-states.ts";
import { axis, newAnalysis, newEvent, newUser, processed } from "./new-rows.ts";

const stageOrder = ["process", "analyze", "embed"] as const;

const ports = postgresPorts((await migratedDatabase()).connect(8));

describe(`concurrent workers on ${contractDatabase.title}`, () => {
	async function commit(lease: Lease, item: Item): Promise<boolean> {
		switch (lease.stage) {
			case "process":
				return ports.stages.commitProcessed(lease, processed(), newEvent("ImageProcessed", item));
			case "analyze": {
				const { userId, itemId } = lease;
				const latest = await ports.analyses.latestVersion(userId, itemId);
				const analysis = newAnalysis({ headline: "concurrent" }, latest + 1);
				return commitAnalysis(ports, lease, item, analysis);
			}
			case "embed": {
				const [current] = (await ports.analyses.listByItem(lease.userId, lease.itemId)) ?? [];
				return ports.stages.commitEmbedded(
					lease,
					{ analysisId: current?.id ?? item.id, textRevision: 0, model: "test-model", vector: axis(0), usage: [] },
					newEvent("ItemReady", item),
				);
			}
		}
	}

	it("commit each stage of each item once, and nothing of a deleted item", async () => {
		const user = newUser();
		const items: Item[] = [];
		for (let count = 0; count < 8; count++) {
			items.push(await uploaded(ports, user));
		}
		const committed = new Map<string, number>();
		const deleted = new Set<string>();

		// Workers are late, killed or repeated at random: half of the leases expire at once.
		let seed = 11;
		const chance = (percent: number) => {
			seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
			return (seed >> 8) % 100 < percent;
		};
		async function work(rounds: number): Promise<void> {
			for (let round = 0; round < rounds; round++) {
				const item = items[round % items.length] as Item;
				if (chance(3) && deleted.size < 3) {
					await ports.items.delete(user, item.id);
					deleted.add(item.id);
				}
				for (const stage of stageOrder) {
					const claim = await ports.stages.claim(user, item.id, stage, chance(50) ? 0 : 60);
					if (claim.outcome !== "claimed") continue;
					if (chance(20)) {
						await ports.stages.release(claim.lease);
					} else if (await commit(claim.lease, item)) {
						const key = `${item.id} ${stage}`;
						committed.set(key, (committed.get(key) ?? 0) + 1);
					}
				}
				await ports.stages.claimStalled({ idleSeconds: 0, againSeconds: 0, limit: 5 });
				const scope = { userId: user, itemId: item.id };
				const events = await ports.outbox.unsent(scope);
				await ports.outbox.markSent(events.map(({ id }) => id));
			}
		}
		await Promise.all(Array.from({ length: 8 }, () => work(24)));

		expect([...committed.values()].filter((times) => times > 1)).toEqual([]);
		for (const item of items) {
			const found = await ports.items.find(user, item.id);
			if (deleted.has(item.id)) {
				expect(found).toBeNull();
				continue;
			}
			expect(["ready", "failed"]).toContain(found?.item.status);
			const versions = await ports.analyses.listByItem(user, item.id);
			expect(versions?.length).toBeLessThanOrEqual(1);
		}
		const hits = await ports.search.byText(user, { text: "concurrent" }, { topK: 50 });
		expect(hits.filter(({ itemId }) => deleted.has(itemId))).toEqual([]);
	});
});
