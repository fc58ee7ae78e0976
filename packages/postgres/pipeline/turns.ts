import { type Sql, sql } from "../sql.ts";

interface Waiting {
	table: Sql;
	/** The columns that the caller reads. */
	columns: Sql;
	/** The values of the column by which the index begins, where it does not begin with the user. @default none */
	queues?: readonly string[];
	/** The condition under which a row waits in the queue `queue`, in the words of the index. */
	isWaiting: Sql;
	/** The condition under which a waiting row may be taken now. */
	isDue: Sql;
	/** When the row changed or was last taken: the last column of the index. */
	touchedAt: Sql;
	/** The maximum number of a user's rows in one queue; may depend on `queue`. @default limit */
	perUser?: Sql;
	limit: number;
}

/**
 * Makes the common table expression `next` (after `with recursive`): rows in turns, one of each user before a second
 * of any, each user's longest untouched first. `turn` and `touched_at` are their order.
 *
 * However many rows one user has, it reads few of them: it looks up the next user in the index, and then that
 * user's next rows.
 */
export function nextInTurns({
	table,
	columns,
	queues = [""],
	isWaiting,
	isDue,
	touchedAt,
	perUser,
	limit,
}: Waiting): Sql {
	const firstUser = sql`select min(user_id) from ${table} where ${isWaiting}`;
	return sql`users as (
	      select queue, (${firstUser}) as user_id
	      from unnest(${queues}::text[]) as queues (queue)
	      union all
	      select queue, (${firstUser} and ${table}.user_id > users.user_id)
	      from users
	      where users.user_id is not null
	    ), next as (
	      select found.*, row_number() over (partition by users.user_id order by touched_at) as turn
	      from users cross join lateral (
	        select ${columns}, ${touchedAt} as touched_at
	        from ${table}
	        where ${isWaiting} and ${table}.user_id = users.user_id and ${isDue}
	        order by ${touchedAt}
	        limit ${perUser ?? limit}
	      ) as found
	      order by turn, touched_at
	      limit ${limit}
	    )`;
}
