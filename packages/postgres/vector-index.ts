import type { VectorIndex, VectorIndexStatus } from "#core/ports.ts";
import type { Database } from "./database.ts";

/** What the embeddings in PostgreSQL cover of a person's items. */
export function postgresVectorIndex(db: Database): VectorIndex {
	return {
		async status(userId, model) {
			const [row] = await db.query<VectorIndexStatus>(
				`select count(*)::int as items,
				   count(*) filter (where by_model)::int as embedded,
				   count(*) filter (where by_model is null)::int as missing,
				   count(*) filter (where not by_model)::int as stale
				 from documents
				 left join (
				   select item_id, bool_or(model = $2) as by_model from embeddings
				   where user_id = $1 group by item_id
				 ) as embedded using (item_id)
				 where documents.user_id = $1`,
				[userId, model],
			);
			return row ?? { items: 0, embedded: 0, missing: 0, stale: 0 };
		},
	};
}
