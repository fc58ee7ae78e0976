import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GoldenEntry } from "#core/items/golden-entry.ts";
import type { ReviewMode } from "#core/ports/index.ts";
import { type ArrangedPorts, analyzedItem, commitAnalysis, uploaded } from "./item-states.ts";
import { newAnalysis, newUser } from "./new-rows.ts";

const entryOf = (itemId: string, headline = "Reviewed"): GoldenEntry => ({
	itemId,
	description: newAnalysis({ headline, extracted: ["Gate 12"] }).description,
	sourceAnalysisIds: [randomUUID()],
	reviewedAt: new Date("2026-03-01T10:00:00.000Z"),
});

/** Tests the review of analyses. */
export function goldenContract(get: () => ArrangedPorts): void {
	describe("golden entries", () => {
		const listed = async (userId: string, mode: ReviewMode, page = { limit: 10, offset: 0 }) => {
			const { items, total } = await get().golden.list(userId, { mode, ...page });
			return { ids: items.map(({ item }) => item.id), total };
		};

		it("are found as they were saved, and replaced by the next", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			const { golden } = get();
			expect(await golden.find(user, item.id)).toBeNull();
			for (const headline of ["First", "Second"]) {
				const entry = entryOf(item.id, headline);
				expect(await golden.save(user, entry)).toBe(true);
				expect(await golden.find(user, item.id)).toEqual(entry);
			}
			expect(await golden.count(user)).toEqual({ items: 1, reviewed: 1 });
		});

		it("divide the items that have an analysis, newest first, page by page", async () => {
			const user = newUser();
			const items = [];
			for (let number = 0; number < 3; number++) items.unshift((await analyzedItem(get(), user)).item.id);
			await uploaded(get(), user);
			const [third, second, first] = items as [string, string, string];
			await get().golden.save(user, entryOf(second));
			expect(await listed(user, "all")).toEqual({ ids: [third, second, first], total: 3 });
			expect(await listed(user, "unreviewed")).toEqual({ ids: [third, first], total: 2 });
			expect(await listed(user, "reviewed")).toEqual({ ids: [second], total: 1 });
			expect(await listed(user, "all", { limit: 1, offset: 1 })).toEqual({ ids: [second], total: 3 });
			expect(await get().golden.count(user)).toEqual({ items: 3, reviewed: 1 });
		});

		it("come with every analysis of their item, newest first", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user, { headline: "One" });
			const request = await get().requests.create({
				id: randomUUID(),
				userId: user,
				itemId: item.id,
				kind: "analyze",
				provider: null,
				model: null,
			});
			const again = await get().stages.claimRequest(user, item.id, request?.id ?? "", 60);
			if (again.outcome !== "claimed") throw new Error(again.outcome);
			await commitAnalysis(get(), again.lease, item, newAnalysis({ headline: "Two" }, 2));
			const { items } = await get().golden.list(user, { mode: "all", limit: 1, offset: 0 });
			expect(items[0]?.analyses.map(({ version, description }) => [version, description.headline])).toEqual([
				[2, "Two"],
				[1, "One"],
			]);
			expect(items[0]?.analyses[0]?.createdAt).toBeInstanceOf(Date);
		});

		it("are of one's own items that have an analysis", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const { item } = await analyzedItem(get(), ada);
			const { golden } = get();
			await golden.save(ada, entryOf(item.id));
			expect(await golden.save(bob, entryOf(item.id, "Forged"))).toBe(false);
			expect(await golden.find(bob, item.id)).toBeNull();
			expect(await golden.count(bob)).toEqual({ items: 0, reviewed: 0 });
			expect(await listed(bob, "all")).toEqual({ ids: [], total: 0 });
			expect((await golden.find(ada, item.id))?.description.headline).toBe("Reviewed");
			expect(await golden.save(ada, entryOf((await uploaded(get(), ada)).id))).toBe(false);
			expect(await golden.save(ada, entryOf(randomUUID()))).toBe(false);
		});

		it("go with their item", async () => {
			const user = newUser();
			const { item } = await analyzedItem(get(), user);
			await get().golden.save(user, entryOf(item.id));
			await get().items.delete(user, item.id);
			expect(await get().golden.find(user, item.id)).toBeNull();
			expect(await get().golden.count(user)).toEqual({ items: 0, reviewed: 0 });
		});
	});
}
