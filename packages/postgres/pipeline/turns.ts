import { type Sql, sql } from "../sql.ts";

interface Waiting {
	table: Sql;
	/** The columns that the caller reads. */
	columns: Sql;
	/** The values of the column by which the index begins, where it does not begin with the person. @default none */
	queues?: readonly string[];
	/** Whether a row waits in the queue `queue`, in the words of the index. */
	isWaiting: Sql;
	/** Whether a waiting row may be taken now. */
	isDue: Sql;
	/** When the row changed or was last taken: the last column of the index. */
	touchedAt: Sql;
	/** The maximum number of a person's rows in one queue; may depend on `queue`. @default limit */
	perPerson?: Sql;
	limit: number;
}

/**
 * Makes the common table expression `next` (after `with recursive`): rows in turns, one of each person before a second
 * of any, each person's longest untouched first. `turn` and `touched_at` are their order.
 *
 * However many rows one person has, it reads few of them: it looks up the next person in the index, and then that
 * person's next rows.
 */
export function nextInTurns({
	table,
	columns,
	queues = [""],
	isWaiting,
	isDue,
	touchedAt,
	perPerson,
	limit,
}: Waiting): Sql {
	const firstPerson = sql`select min(user_id) from ${table} where ${isWaiting}`;
	return sql`people as (
	      select queue, (${firstPerson}) as person
	      from unnest(${queues}::text[]) as queues (queue)
	      union all
	      select queue, (${firstPerson} and user_id > person)
	      from people
	      where person is not null
	    ), next as (
	      select found.*, row_number() over (partition by person order by touched_at) as turn
	      from people cross join lateral (
	        select ${columns}, ${touchedAt} as touched_at
	        from ${table}
	        where ${isWaiting} and user_id = person and ${isDue}
	        order by ${touchedAt}
	        limit ${perPerson ?? limit}
	      ) as found
	      order by turn, touched_at
	      limit ${limit}
	    )`;
}
