import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ClaimCitation, Verification } from "#core/verification/verification.ts";
import { type ArrangedPorts, analyzedItem } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

const ofItem = (itemId: string): ClaimCitation => ({
	itemId,
	url: null,
	sentence: "Gate B24",
	box: { x: 0.1, y: 0.2, width: 0.3, height: 0.05 },
	difference: { claimed: "B22", found: "B24" },
});
const ofPage: ClaimCitation = {
	itemId: null,
	url: "https://example.com/",
	sentence: "B22.",
	box: null,
	difference: null,
};

const newVerification = (
	userId: string,
	more: Partial<Verification> = {},
	citations: ClaimCitation[] = [],
): Omit<Verification, "createdAt"> => ({
	id: randomUUID(),
	userId,
	requestId: "request",
	text: "The gate is B22. It rains.",
	itemId: null,
	sources: ["collection", "web"],
	claims: [
		{
			...{ text: "The gate is B22.", start: 0, end: 16, verdict: "contradicted", contradiction: "number" },
			...{ missing: [], citations },
		},
		{
			...{ text: "It rains.", start: 17, end: 26, verdict: "not_found", contradiction: null },
			...{ missing: ["rains"], citations: [] },
		},
	],
	accuracyScore: 25,
	riskLevel: "critical",
	model: "test/model",
	durationMs: 12,
	costUsd: 0.0021,
	notices: ["A notice."],
	cached: false,
	...more,
});

const kept = { maxKept: 10 };

/** Tests the verifications of a person. */
export function verificationsContract(get: () => ArrangedPorts): void {
	describe("verifications", () => {
		it("are found as they were saved, by their person alone", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const { item } = await analyzedItem(get(), ada);
			const { verifications } = get();
			const made = await verifications.create(newVerification(ada, {}, [ofItem(item.id), ofPage]), kept);
			expect(await verifications.find(ada, made.id)).toEqual(made);
			const free = await verifications.create(
				newVerification(ada, { accuracyScore: null, costUsd: null, claims: [], cached: true }),
				kept,
			);
			expect(await verifications.find(ada, free.id)).toEqual(free);
			expect(await verifications.find(bob, made.id)).toBeNull();
			expect(await verifications.delete(bob, made.id)).toBe(false);
			expect((await verifications.list(bob, { limit: 10 })).verifications).toEqual([]);
			expect(await verifications.delete(ada, made.id)).toBe(true);
			expect(await verifications.find(ada, made.id)).toBeNull();
			expect(await verifications.delete(ada, made.id)).toBe(false);
		});

		it("are listed page by page, newest first, without their claims, and the oldest beyond the maximum are deleted", async () => {
			const user = newUser();
			const { verifications } = get();
			const ids: string[] = [];
			for (let number = 0; number < 4; number++) {
				const text = String(number).repeat(300);
				ids.unshift((await verifications.create(newVerification(user, { text }), { maxKept: 3 })).id);
				await new Promise((resolve) => setTimeout(resolve, 2));
			}
			const first = await verifications.list(user, { limit: 2 });
			expect(first.verifications.map(({ id }) => id)).toEqual(ids.slice(0, 2));
			expect(first.verifications[0]).toMatchObject({
				...{ text: "3".repeat(200), supported: 0, contradicted: 1, notFound: 1 },
				...{ accuracyScore: 25, riskLevel: "critical", model: "test/model", itemId: null },
			});
			const second = await verifications.list(user, { limit: 2, cursor: first.nextCursor ?? "" });
			expect(second.verifications.map(({ id }) => id)).toEqual([ids[2]]);
			expect(second.nextCursor).toBeNull();
			await expect(verifications.list(user, { limit: 2, cursor: "nonsense" })).rejects.toThrow(/cursor/);
		});

		it("lose what they cite of a deleted item, and go with the item that they describe", async () => {
			const user = newUser();
			const { items, verifications } = get();
			const [cited, described] = [(await analyzedItem(get(), user)).item, (await analyzedItem(get(), user)).item];
			const ofText = await verifications.create(newVerification(user, {}, [ofItem(cited.id), ofPage]), kept);
			const own = await verifications.create(newVerification(user, { itemId: described.id }), kept);
			await items.delete(user, cited.id);
			await items.delete(user, described.id);
			expect((await verifications.find(user, ofText.id))?.claims[0]?.citations).toEqual([ofPage]);
			expect(await verifications.find(user, own.id)).toBeNull();
			const late = verifications.create(newVerification(user, { itemId: described.id }), kept);
			await expect(late).rejects.toMatchObject({ code: "item_not_found" });
			const cites = await verifications.create(newVerification(user, {}, [ofItem(cited.id)]), kept);
			expect((await verifications.find(user, cites.id))?.claims[0]?.citations).toEqual([]);
		});

		it("cite no item of another person", async () => {
			const [ada, bob] = [newUser(), newUser()];
			const { item } = await analyzedItem(get(), ada);
			const { verifications } = get();
			const forged = await verifications.create(newVerification(bob, {}, [ofItem(item.id)]), kept);
			expect((await verifications.find(bob, forged.id))?.claims[0]?.citations).toEqual([]);
			const own = verifications.create(newVerification(bob, { itemId: item.id }), kept);
			await expect(own).rejects.toMatchObject({ code: "item_not_found" });
		});
	});
}
