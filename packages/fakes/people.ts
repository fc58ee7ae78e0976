import type { Profile } from "#core/people/profile.ts";
import type { Profiles, UserPool } from "#core/ports/index.ts";
import type { Store } from "./store.ts";

const nothingSaid: Profile = { displayName: null, language: null, timeZone: null };

export function fakeProfiles({ profiles }: Pick<Store, "profiles">): Profiles {
	const find = (userId: string) => ({ ...(profiles.get(userId) ?? nothingSaid) });
	return {
		async find(userId) {
			return find(userId);
		},
		async change(userId, changes) {
			const said = Object.entries(changes).filter(([, value]) => value !== undefined);
			profiles.set(userId, { ...find(userId), ...Object.fromEntries(said) });
			return find(userId);
		},
	};
}

export interface FakeUserPool extends UserPool {
	/** The people who were deleted, and those whose sessions were ended. */
	readonly deleted: Set<string>;
	readonly signedOut: Set<string>;
}

/** A pool that knows everyone until they are deleted. */
export function fakeUserPool(): FakeUserPool {
	const [deleted, signedOut] = [new Set<string>(), new Set<string>()];
	return {
		deleted,
		signedOut,
		async email(userId) {
			return deleted.has(userId) ? null : `${userId}@example.com`;
		},
		async signOut(userId) {
			signedOut.add(userId);
		},
		async delete(userId) {
			deleted.add(userId);
		},
	};
}
