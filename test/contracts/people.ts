import { describe, expect, it } from "vitest";
import type { ArrangedPorts } from "./item-states.ts";
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
