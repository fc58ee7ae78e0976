import type { Tier } from "../limits/tiers.ts";
import type { Person, PersonWithGroups } from "../people/person.ts";

/** The people who can sign in. */
export interface UserPool {
	/** Returns a person's address; null where the pool does not know the person. */
	email(userId: string): Promise<string | null>;
	/** Returns a page of all people. @param options.cursor of the page before */
	list(options: {
		limit: number;
		cursor?: string | undefined;
	}): Promise<{ people: Person[]; nextCursor: string | null }>;
	/** Returns a person; null where the pool does not know them. */
	find(userId: string): Promise<PersonWithGroups | null>;
	/** Returns the groups that a person is in; null where the pool does not know the person. */
	groups(userId: string): Promise<string[] | null>;
	/** Moves a person to a tier; their next token names it. Does nothing where the person is gone. */
	setTier(userId: string, tier: Tier): Promise<void>;
	/** Has a person's next token say whether they have quotas of their own. Does nothing where the person is gone. */
	setHasOwnQuotas(userId: string, hasOwn: boolean): Promise<void>;
	/** Ends every session and lets a person sign in no more, or again. Does nothing where the person is gone. */
	setDisabled(userId: string, isDisabled: boolean): Promise<void>;
	/** Ends every session: no refresh token is good for another token. Does nothing where the person is gone. */
	signOut(userId: string): Promise<void>;
	/** Removes the person, who can sign up again as another. Does nothing where the person is gone. */
	delete(userId: string): Promise<void>;
}
