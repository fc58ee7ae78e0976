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

		it("is summed up for everybody by day, and by person, the most expensive first, page by page", async () => {
			const { usage } = get();
			const [ada, bob, eve] = [newUser(), newUser(), newUser()];
			const before = (await usage.everybody(ever))[0] ?? { calls: 0, inputTokens: 0, people: 0, unpricedCalls: 0 };
			await usage.record(ada, [{ ...call, costUsd: 9_000 }, call]);
			await usage.record(bob, [{ ...call, costUsd: 8_000 }, { ...call, costUsd: null }, call]);
			await usage.record(eve, [{ ...call, costUsd: 8_000 }, call]);
			const [day] = await usage.everybody(ever);
			expect(day).toMatchObject({
				people: before.people + 3,
				calls: before.calls + 7,
				inputTokens: before.inputTokens + 700,
				unpricedCalls: before.unpricedCalls + 1,
			});
			const pages: string[] = [];
			let cursor: string | undefined;
			while (pages.length < 3) {
				const { people, nextCursor } = await usage.people(ever, { limit: 1, cursor });
				pages.push(...people.map(({ userId, calls }) => `${userId} ${calls}`));
				cursor = nextCursor ?? undefined;
			}
			expect(pages).toEqual([`${ada} 2`, `${bob} 3`, `${eve} 2`]);
			expect((await usage.people(ever, { limit: 10_000 })).nextCursor).toBeNull();
			const long = { from: "2000-01-01", to: "2000-01-02" };
			expect([await usage.everybody(long), await usage.people(long, { limit: 1 })]).toEqual([
				[],
				{ people: [], nextCursor: null },
			]);
			for (const wrong of ["x", "WyIxIl0", Buffer.from('["1; --","1","u"]').toString("base64url")]) {
				await expect(usage.people(ever, { limit: 1, cursor: wrong })).rejects.toMatchObject({
					code: "invalid_request",
				});
			}
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
