import type { Profile } from "#core/people/profile.ts";
import type { Profiles } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";

interface ProfileRow {
	display_name: string | null;
	language: string | null;
	time_zone: string | null;
}

/** Profiles in PostgreSQL: a row exists once its person has said something. */
export function postgresProfiles(db: Database): Profiles {
	return {
		async find(userId) {
			const [row] = await db.query<ProfileRow>(
				sql`select display_name, language, time_zone from profiles where user_id = ${userId}`,
			);
			return profileFromRow(row);
		},

		async change(userId, changes) {
			const { displayName = null, language = null, timeZone = null } = changes;
			const [names, speaks, lives] = [changes.displayName, changes.language, changes.timeZone].map(
				(value) => value !== undefined,
			);
			const [row] = await db.query<ProfileRow>(
				sql`insert into profiles (user_id, display_name, language, time_zone)
				    values (${userId}, ${displayName}, ${language}, ${timeZone})
				    on conflict (user_id) do update set
				      display_name = case when ${names} then excluded.display_name else profiles.display_name end,
				      language = case when ${speaks} then excluded.language else profiles.language end,
				      time_zone = case when ${lives} then excluded.time_zone else profiles.time_zone end,
				      updated_at = clock_timestamp()
				    returning display_name, language, time_zone`,
			);
			return profileFromRow(row);
		},
	};
}

const profileFromRow = (row: ProfileRow | undefined): Profile => ({
	displayName: row?.display_name ?? null,
	language: row?.language ?? null,
	timeZone: row?.time_zone ?? null,
});
