import { describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { fakePorts } from "#fakes/ports.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { analyzedItem, processedItem, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { newItem, newUser } from "./new-rows.ts";

type Backdate = (item: Item, seconds: number) => Promise<void>;

// The wait is over all tenants, so each implementation has a store of its own here.
describe("the longest wait in the fake", () => {
	const ports = fakePorts();
	contract(
		() => ports,
		async ({ id }, seconds) => {
			const stored = ports.store.items.get(id);
			if (stored) stored.stageAt -= seconds * 1000;
		},
	);
});

const db = (await migratedDatabase()).connect(2);

describe(`the longest wait in ${contractDatabase.title}`, () => {
	contract(
		() => postgresPorts(db),
		async ({ id, userId }, seconds) => {
			await db.query(
				`update items set stage_at = stage_at - make_interval(secs => $3)
				 where user_id = $1 and id = $2`,
				[userId, id, seconds],
			);
		},
	);
});

/** Each test builds on the one before. */
function contract(get: () => RowPorts, backdate: Backdate): void {
	const seconds = () => get().stages.oldestWaitSeconds();
	const hour = 3_600;

	it("is 0 if no item waits", async () => {
		expect(await seconds()).toBe(0);
	});

	it("is 0 for a pending item and for a ready item", async () => {
		const { item: pending } = await get().items.create(newItem(newUser()));
		await backdate(pending, 5 * hour);
		const { item: ready } = await readyItem(get(), newUser());
		await backdate(ready, 5 * hour);
		expect(await seconds()).toBe(0);
	});

	it("is that of the item that waits longest, of any tenant and before any stage", async () => {
		const steps: [Promise<Item>, number][] = [
			[uploaded(get(), newUser()), 1],
			[processedItem(get(), newUser()), 2],
			[analyzedItem(get(), newUser()).then(({ item }) => item), 3],
		];
		for (const [arranged, hours] of steps) {
			await backdate(await arranged, hours * hour);
			const waited = await seconds();
			expect(waited).toBeGreaterThanOrEqual(hours * hour);
			expect(waited).toBeLessThan(hours * hour + 300);
		}
	});
}
