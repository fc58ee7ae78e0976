import { describe, expect, it } from "vitest";
import { type ArrangedPorts, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

/** Tests an implementation of `Redactions`. */
export function redactionsContract(get: () => ArrangedPorts): void {
	describe("redactions", () => {
		it("begin with an item's deletion, and are pending for its owner until they are finished", async () => {
			const { items, redactions } = get();
			const [user, stranger] = [newUser(), newUser()];
			const item = await uploaded(get(), user);
			expect(await redactions.isPending(user)).toBe(false);
			expect(await items.delete(stranger, item.id)).toBe(false);
			expect(await redactions.isPending(stranger)).toBe(false);
			await items.delete(user, item.id);
			expect(await redactions.isPending(user)).toBe(true);
			await redactions.finish(stranger, [item.id]);
			await redactions.finish(user, []);
			expect(await redactions.isPending(user)).toBe(true);
			await redactions.finish(user, [item.id]);
			expect(await redactions.isPending(user)).toBe(false);
		});

		it("are not due in the first minute", async () => {
			const { items, redactions } = get();
			const user = newUser();
			const item = await uploaded(get(), user);
			await items.delete(user, item.id);
			const due = await redactions.claimDue({ againSeconds: 60, limit: 1_000 });
			expect(due.filter(({ userId }) => userId === user)).toEqual([]);
		});
	});

	it("only a user's own items are existing", async () => {
		const { items } = get();
		const [user, stranger] = [newUser(), newUser()];
		const [mine, deleted, foreign] = [
			await uploaded(get(), user),
			await uploaded(get(), user),
			await uploaded(get(), stranger),
		];
		await items.delete(user, deleted.id);
		expect(await items.existing(user, [mine.id, deleted.id, foreign.id])).toEqual([mine.id]);
		expect(await items.existing(user, [])).toEqual([]);
	});

	it("of a user's own items those outside the trash are listed", async () => {
		const { items } = get();
		const [user, stranger] = [newUser(), newUser()];
		const [mine, trashed, foreign] = [
			await uploaded(get(), user),
			await uploaded(get(), user),
			await uploaded(get(), stranger),
		];
		const ids = [mine.id, trashed.id, foreign.id];
		await items.trash(user, trashed.id);
		expect(await items.listed(user, ids)).toEqual([mine.id]);
		expect(await items.existing(user, ids)).toHaveLength(2);
		await items.restore(user, trashed.id);
		expect((await items.listed(user, ids)).toSorted()).toEqual([mine.id, trashed.id].toSorted());
	});
}
