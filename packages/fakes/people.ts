import { ownQuotasGroup, type Tier } from "#core/limits/tiers.ts";
import type { Person } from "#core/people/person.ts";
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
	/** The tiers of those who are not `free`. */
	readonly tiers: Map<string, Tier>;
}

const person = (userId: string, isDisabled: boolean): Person => ({
	userId,
	email: `${userId}@example.com`,
	isConfirmed: true,
	isDisabled,
	createdAt: new Date("2026-12-01T00:00:00Z"),
});

/** A pool that knows everyone until they are deleted, and lists those who were moved to a tier. */
export function fakeUserPool(): FakeUserPool {
	const [deleted, signedOut] = [new Set<string>(), new Set<string>()];
	const tiers = new Map<string, Tier>();
	const disabled = new Set<string>();
	const withOwnQuotas = new Set<string>();
	return {
		deleted,
		signedOut,
		tiers,
		async email(userId) {
			return deleted.has(userId) ? null : `${userId}@example.com`;
		},
		async list({ limit, cursor }) {
			const known = [...tiers.keys()].filter((userId) => !deleted.has(userId)).sort();
			const start = cursor === undefined ? 0 : known.indexOf(cursor) + 1;
			const page = known.slice(start, start + limit);
			const isLast = start + limit >= known.length;
			return {
				people: page.map((userId) => person(userId, disabled.has(userId))),
				nextCursor: isLast ? null : (page.at(-1) ?? null),
			};
		},
		async find(userId) {
			if (deleted.has(userId)) return null;
			return { ...person(userId, disabled.has(userId)), tier: tiers.get(userId) ?? "free", isAdmin: false };
		},
		async groups(userId) {
			if (deleted.has(userId)) return null;
			const tier = tiers.get(userId) ?? "free";
			return [...(tier === "free" ? [] : [tier]), ...(withOwnQuotas.has(userId) ? [ownQuotasGroup] : [])];
		},
		async setTier(userId, tier) {
			if (!deleted.has(userId)) tiers.set(userId, tier);
		},
		async setHasOwnQuotas(userId, hasOwn) {
			if (hasOwn && !deleted.has(userId)) withOwnQuotas.add(userId);
			else withOwnQuotas.delete(userId);
		},
		async setDisabled(userId, isDisabled) {
			if (isDisabled) disabled.add(userId);
			else disabled.delete(userId);
		},
		async signOut(userId) {
			signedOut.add(userId);
		},
		async delete(userId) {
			deleted.add(userId);
		},
	};
}
