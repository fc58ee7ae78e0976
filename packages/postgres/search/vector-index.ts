import type { VectorIndex, VectorIndexStatus } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";

/** Counts and requests a user's embeddings in PostgreSQL. */
export function postgresVectorIndex(db: Database): VectorIndex {
	return {
		async status(userId, model) {
			const [row] = await db.query<VectorIndexStatus>(
				sql`select count(*)::int as items,
				      count(*) filter (where by_model)::int as embedded,
				      count(*) filter (where by_model is null)::int as missing,
				      count(*) filter (where not by_model)::int as stale,
				      (select count(*) from requests
				       where user_id = ${userId} and kind = 'embed' and status = 'pending')::int as rebuilding
				    from documents
				    left join (
				      select item_id, bool_or(model = ${model}) as by_model from embeddings
				      where user_id = ${userId} group by item_id
				    ) as embedded using (item_id)
				    where documents.user_id = ${userId}`,
			);
			if (!row) throw new Error("A count gave no row.");
			return row;
		},

		requestRebuild: (userId, model, { force }) =>
			db.transaction(async (tx) => {
				// Ordered, so that two at once do not deadlock; an item that is being deleted is left out.
				await tx.query(
					sql`insert into requests (id, item_id, user_id, kind)
					    select gen_random_uuid(), items.id, items.user_id, 'embed'
					    from documents join items on items.id = documents.item_id and items.user_id = documents.user_id
					    where documents.user_id = ${userId}
					      and (${force} or not exists (
					        select from embeddings
					        where embeddings.user_id = ${userId} and embeddings.item_id = documents.item_id and model = ${model}))
					    order by items.id
					    for key share of items
					    on conflict do nothing`,
				);
				const [row] = await tx.query<{ waiting: number }>(
					sql`select count(*)::int as waiting from requests
					    where user_id = ${userId} and kind = 'embed' and status = 'pending'`,
				);
				return row?.waiting ?? 0;
			}),
	};
}
