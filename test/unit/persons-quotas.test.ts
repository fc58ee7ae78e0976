import { describe, expect, it } from "vitest";
import { personsQuotas } from "#core/limits/persons-quotas.ts";
import { ownQuotasGroup } from "#core/limits/tiers.ts";
import type { OwnQuotas } from "#core/ports/index.ts";
import { fakeOwnQuotas } from "#fakes/own-quotas.ts";
import { generousLimits } from "./api/test-api.ts";

const limits = { ...generousLimits, tiers: { free: {}, pro: { messages: { day: 10 } }, team: {} } };

/** Counts the look-ups of a store, on a clock that is moved by hand. */
function quotasTests() {
	const stored = fakeOwnQuotas();
	const state = { now: 0, lookUps: 0, isAway: false };
	const ownQuotas: OwnQuotas = {
		...stored,
		async find(userId) {
			state.lookUps += 1;
			if (state.isAway) throw new Error("The table does not answer.");
			return stored.find(userId);
		},
	};
	return { stored, state, quotas: personsQuotas({ ownQuotas }, limits, () => state.now) };
}

describe("a person's quotas", () => {
	it("are the tier's, without a look-up, of whoever has none of their own", async () => {
		const { quotas, state, stored } = quotasTests();
		await stored.set("ada", { messages: { day: 1 } });
		expect((await quotas("ada", ["pro"], "messages")).messages).toEqual({ day: 10, month: 1e5 });
		expect(state.lookUps).toBe(0);
	});

	it("are their own where they name one, else the tier's, looked up once a minute", async () => {
		const { quotas, state, stored } = quotasTests();
		await stored.set("ada", { messages: { month: 30 } });
		const messages = async () => (await quotas("ada", ["pro", ownQuotasGroup], "messages")).messages;
		expect(await messages()).toEqual({ day: 10, month: 30 });
		await stored.set("ada", { messages: { month: 40 } });
		state.now = 59_000;
		expect([await messages(), state.lookUps]).toEqual([{ day: 10, month: 30 }, 1]);
		state.now = 60_000;
		expect([await messages(), state.lookUps]).toEqual([{ day: 10, month: 40 }, 2]);
	});

	it("bound nothing but uploads by the tier's where they are away, and are asked for again", async () => {
		const { quotas, state, stored } = quotasTests();
		await stored.set("ada", { messages: { day: 1 }, uploads: { day: 1 } });
		state.isAway = true;
		const groups = [ownQuotasGroup];
		for (const use of ["messages", "verifications", null] as const) {
			await expect(quotas("ada", groups, use)).rejects.toMatchObject({ code: "quota_unavailable" });
		}
		expect((await quotas("ada", groups, "uploads")).uploads.day).toBe(1e5);
		state.isAway = false;
		expect((await quotas("ada", groups, "uploads")).uploads.day).toBe(1);
	});
});
