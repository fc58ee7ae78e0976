import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Tier } from "#core/limits/tiers.ts";
import type { ArrangedPorts } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

const at = (second: number) => new Date(Date.UTC(2026, 11, 1, 12, 0, second));

/** Tests an implementation of `Subscriptions`. */
export function subscriptionsContract(get: () => ArrangedPorts): void {
	describe("what a customer pays for", () => {
		const customer = () => `cus_${randomUUID()}`;
		const told = (customerId: string, tier: Tier, { id = `sub_${randomUUID()}`, hasEnded = false } = {}) => ({
			id,
			customerId,
			tier,
			hasEnded,
		});

		it("is nobody's until the person is known, and known however late that is", async () => {
			const { subscriptions } = get();
			const [mine, user] = [customer(), newUser()];
			await subscriptions.record(told(mine, "pro"), at(2));
			expect(await subscriptions.payer(mine)).toBeNull();
			await subscriptions.link(mine, user, at(1));
			expect(await subscriptions.payer(mine)).toEqual({ userId: user, tier: "pro" });
		});

		it("is the highest of all that the person pays for, as whatever customer, and of nobody else", async () => {
			const { subscriptions } = get();
			const [first, second, stranger, user] = [customer(), customer(), customer(), newUser()];
			await subscriptions.link(first, user, at(1));
			expect(await subscriptions.payer(first)).toEqual({ userId: user, tier: "free" });
			await subscriptions.link(second, user, at(1));
			await subscriptions.link(stranger, newUser(), at(1));
			const team = told(second, "team");
			for (const each of [told(first, "pro"), team, told(stranger, "pro")]) await subscriptions.record(each, at(2));
			expect(await subscriptions.payer(first)).toEqual({ userId: user, tier: "team" });
			await subscriptions.record({ ...team, tier: "free", hasEnded: true }, at(3));
			expect(await subscriptions.payer(second)).toEqual({ userId: user, tier: "pro" });
		});

		it("is not changed by an older event", async () => {
			const { subscriptions } = get();
			const [mine, user] = [customer(), newUser()];
			await subscriptions.link(mine, user, at(5));
			await subscriptions.link(mine, newUser(), at(4));
			const id = `sub_${randomUUID()}`;
			await subscriptions.record(told(mine, "team", { id }), at(5));
			await subscriptions.record(told(mine, "pro", { id }), at(4));
			expect(await subscriptions.payer(mine)).toEqual({ userId: user, tier: "team" });
			await subscriptions.record(told(mine, "pro", { id }), at(5));
			expect(await subscriptions.payer(mine), "of the same second").toEqual({ userId: user, tier: "pro" });
		});

		it("does not begin again once it has ended, though a change of the same second is told later", async () => {
			const { subscriptions } = get();
			const [mine, user, id] = [customer(), newUser(), `sub_${randomUUID()}`];
			await subscriptions.link(mine, user, at(1));
			await subscriptions.record(told(mine, "free", { id, hasEnded: true }), at(5));
			for (const second of [5, 6]) await subscriptions.record(told(mine, "pro", { id }), at(second));
			expect(await subscriptions.payer(mine)).toEqual({ userId: user, tier: "free" });
		});

		it("goes with the person's account, and comes back with none", async () => {
			const { subscriptions, deletedAccounts } = get();
			const [mine, user] = [customer(), newUser()];
			await subscriptions.link(mine, user, at(1));
			await subscriptions.record(told(mine, "pro"), at(1));
			await deletedAccounts.mark(user);
			while (await deletedAccounts.deleteRows(user));
			expect(await subscriptions.payer(mine)).toBeNull();
			await subscriptions.link(mine, user, at(2));
			expect(await subscriptions.payer(mine)).toBeNull();
			await deletedAccounts.finish(user);
			await subscriptions.link(mine, newUser(), at(2));
			expect(await subscriptions.payer(mine)).toMatchObject({ tier: "free" });
		});
	});
}
