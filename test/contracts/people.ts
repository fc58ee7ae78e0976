import { describe, expect, it } from "vitest";
import { type ArrangedPorts, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

/** Tests an implementation of `Profiles`. */
export function profilesContract(get: () => ArrangedPorts): void {
	describe("a profile", () => {
		const nothing = { displayName: null, language: null, timeZone: null };

		it("has nothing in it until its person says something", async () => {
			expect(await get().profiles.find(newUser())).toEqual(nothing);
		});

		it("keeps what a change does not name, and loses what it sets to null", async () => {
			const { profiles } = get();
			const user = newUser();
			await profiles.change(user, { displayName: "Ada", timeZone: "Europe/London" });
			expect(await profiles.change(user, { language: "en-GB" })).toEqual({
				displayName: "Ada",
				language: "en-GB",
				timeZone: "Europe/London",
			});
			await profiles.change(user, { displayName: null });
			expect(await profiles.change(user, {})).toEqual({ ...nothing, language: "en-GB", timeZone: "Europe/London" });
			expect(await profiles.find(user)).toEqual({ ...nothing, language: "en-GB", timeZone: "Europe/London" });
		});

		it("is of one person", async () => {
			const { profiles } = get();
			const [user, stranger] = [newUser(), newUser()];
			await profiles.change(user, { displayName: "Ada" });
			await profiles.change(stranger, { displayName: "Bob" });
			expect(await profiles.find(user)).toMatchObject({ displayName: "Ada" });
		});
	});
}

/** Tests an implementation of `Usage`. */
export function usageContract(get: () => ArrangedPorts): void {
	describe("a person's usage", () => {
		const call = { provider: "voyage", model: "voyage-3.5-lite", inputTokens: 100, outputTokens: 0, costUsd: 0.000002 };
		const ever = { from: "2000-01-01", to: "2100-01-01" };

		it("adds up by day and model, and is of one person", async () => {
			const { usage } = get();
			const [user, stranger] = [newUser(), newUser()];
			const chat = {
				provider: "anthropic",
				model: "claude-sonnet-5-5",
				inputTokens: 1_000,
				outputTokens: 50,
				costUsd: 0.0025,
			};
			await usage.record(user, [call, chat, call]);
			await usage.record(user, [{ ...chat, costUsd: null }]);
			await usage.record(stranger, [call]);
			const days = await usage.days(user, ever);
			const [{ day } = { day: "" }] = days;
			expect(day).toMatch(/^\d{4}-\d\d-\d\d$/);
			expect(days.map(({ costUsd, ...row }) => ({ ...row, costUsd: costUsd.toFixed(9) }))).toEqual([
				{
					day,
					...{ provider: "anthropic", model: "claude-sonnet-5-5", calls: 2, inputTokens: 2_000, outputTokens: 100 },
					unpricedCalls: 1,
					costUsd: "0.002500000",
				},
				{
					day,
					...{ provider: "voyage", model: "voyage-3.5-lite", calls: 2, inputTokens: 200, outputTokens: 0 },
					unpricedCalls: 0,
					costUsd: "0.000004000",
				},
			]);
			expect(await usage.days(user, { from: "2000-01-01", to: "2000-01-02" })).toEqual([]);
			expect(await usage.days(stranger, { from: day, to: day })).toHaveLength(1);
		});

		it("counts what is recorded at the same time", async () => {
			const { usage } = get();
			const user = newUser();
			await Promise.all(Array.from({ length: 8 }, () => usage.record(user, [call, { ...call, model: "another" }])));
			expect((await usage.days(user, ever)).map(({ calls }) => calls)).toEqual([8, 8]);
		});

		it("has the items whose bytes are stored", async () => {
			const ports = get();
			const user = newUser();
			expect(await ports.usage.stored(user)).toEqual({ items: 0, bytes: 0 });
			const [{ fileSize }, second] = [await uploaded(ports, user), await uploaded(ports, user)];
			await ports.items.trash(user, second.id);
			expect(await ports.usage.stored(user)).toEqual({ items: 2, bytes: fileSize + second.fileSize });
		});

		it("is not recorded of a deleted account", async () => {
			const { usage, deletedAccounts } = get();
			const user = newUser();
			await deletedAccounts.mark(user);
			await usage.record(user, [call]);
			expect(await usage.days(user, ever)).toEqual([]);
			await deletedAccounts.finish(user);
		});
	});
}
