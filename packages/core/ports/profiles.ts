import type { Profile } from "../people/profile.ts";

/** People's own words about themselves. */
export interface Profiles {
	/** Returns a profile with nothing in it where the person has said nothing. */
	find(userId: string): Promise<Profile>;
	/** Changes the fields that are named, and keeps the others. */
	change(userId: string, changes: Partial<Profile>): Promise<Profile>;
}
