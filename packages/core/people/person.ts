import type { Tier } from "../limits/tiers.ts";

/** The group of the user pool whose people administer the others. */
export const adminGroup = "admin";

/** A person as the user pool knows them. */
export interface Person {
	userId: string;
	email: string | null;
	/** They have confirmed their address, and chosen a password. */
	isConfirmed: boolean;
	/** An administrator lets them sign in no more. */
	isDisabled: boolean;
	createdAt: Date;
}

/** A person with what their groups give them. */
export interface PersonWithGroups extends Person {
	tier: Tier;
	isAdmin: boolean;
}
