import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { User } from "./user-pool.ts";

/** A group of a pool's users. */
export interface Group {
	pool: string;
	name: string;
	description: string | null;
	precedence: number | null;
	/** Milliseconds since 1970. */
	createdAt: number;
	updatedAt: number;
}

const groupColumns =
	"user_groups.pool, user_groups.name, description, precedence, created_at as createdAt, updated_at as updatedAt";
/** The group of the lowest precedence first, those without one last. */
const byPrecedence = "order by precedence is null, precedence, user_groups.name";

/** Stores the groups of user pools, and who is in them. */
export class Groups {
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists user_groups (
				pool text not null references user_pools (id),
				name text not null,
				description text,
				precedence integer,
				created_at integer not null,
				updated_at integer not null,
				primary key (pool, name)
			) strict;
			create table if not exists group_members (
				pool text not null,
				name text not null,
				sub text not null,
				primary key (pool, name, sub),
				foreign key (pool, name) references user_groups (pool, name) on delete cascade,
				foreign key (pool, sub) references users (pool, sub) on delete cascade
			) strict`);
	}

	/** Creates a group or changes its settings. */
	ensure({ pool, name, description, precedence }: Omit<Group, "createdAt" | "updatedAt">): void {
		const now = this.#state.now();
		this.#state
			.sql(
				`insert into user_groups values (?, ?, ?, ?, ?, ?) on conflict (pool, name) do update
				set description = excluded.description, precedence = excluded.precedence, updated_at = excluded.updated_at`,
			)
			.run(pool, name, description, precedence, now, now);
	}

	/** Adds a user, who may be in the group already. @throws AwsError `ResourceNotFoundException` */
	add(name: string, { pool, sub }: User): void {
		this.#require(pool, name);
		this.#state.sql("insert into group_members values (?, ?, ?) on conflict do nothing").run(pool, name, sub);
	}

	/** Removes a user, who may be out of the group already. @throws AwsError `ResourceNotFoundException` */
	remove(name: string, { pool, sub }: User): void {
		this.#require(pool, name);
		this.#state.sql("delete from group_members where pool = ? and name = ? and sub = ?").run(pool, name, sub);
	}

	/** Returns the groups of a user, that of the lowest precedence first. */
	of({ pool, sub }: User): Group[] {
		return this.#state
			.sql(
				`select ${groupColumns} from user_groups join group_members using (pool, name)
				where user_groups.pool = ? and sub = ? ${byPrecedence}`,
			)
			.all(pool, sub) as unknown as Group[];
	}

	/** Returns the `sub` of each member. @throws AwsError `ResourceNotFoundException` */
	members(pool: string, name: string): Set<string> {
		this.#require(pool, name);
		const rows = this.#state.sql("select sub from group_members where pool = ? and name = ?").all(pool, name);
		return new Set(rows.map(({ sub }) => sub as string));
	}

	#require(pool: string, name: string): void {
		if (!this.#state.sql("select 1 from user_groups where pool = ? and name = ?").get(pool, name)) {
			throw new AwsError("ResourceNotFoundException", "Group not found.");
		}
	}
}
