import { describe, expect, it } from "vitest";
import { type ArrangedPorts, claim, processedItem, uploaded } from "./item-states.ts";
import { newEvent, newUser, processed } from "./new-rows.ts";

/** Tests an implementation of `Outbox`. */
export function outboxContract(get: () => ArrangedPorts): void {
	describe("the outbox", () => {
		it("keeps an event until it is marked as sent", async () => {
			const ports = get();
			const item = await processedItem(ports, newUser());
			const scope = { userId: item.userId, itemId: item.id };
			const [event] = await ports.outbox.unsent(scope);
			const old = async (olderThanSeconds: number) =>
				(await ports.outbox.unsent({ olderThanSeconds, limit: 10_000 })).filter(({ id }) => id === event?.id);
			expect(await old(60)).toEqual([]);
			expect(await old(0)).toEqual([event]);
			await ports.outbox.markSent([event?.id ?? ""]);
			await ports.outbox.markSent([]);
			expect(await ports.outbox.unsent(scope)).toEqual([]);
			expect(await old(0)).toEqual([]);
		});

		it("stores an event once, however often it is announced", async () => {
			const ports = get();
			const user = newUser();
			const item = await uploaded(ports, user);
			const event = newEvent("ImageProcessed", item);
			for (let round = 0; round < 2; round++) {
				const { lease } = await claim(ports, item, "process");
				await ports.stages.commitProcessed(lease, processed(), event);
				await ports.forceFailed(item);
				await ports.items.restart(user, item.id);
			}
			const scope = { userId: user, itemId: item.id };
			expect(await ports.outbox.unsent(scope)).toEqual([event]);
		});
	});
}
