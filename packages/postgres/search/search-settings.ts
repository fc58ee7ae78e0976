import type { EffectiveSearchSettings, SearchSettings } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";
import { searchParameters } from "./search-parameters.ts";

type Server = EffectiveSearchSettings["database"];

/** Reads the search's own constants and the database's catalogue, never a copy of either. */
export function postgresSearchSettings(db: Database): SearchSettings {
	return {
		async read(userId) {
			const [server] = await db.query<Pick<Server, "version" | "extensions">>(
				sql`select current_setting('server_version') as version,
				      (select json_object_agg(extname, extversion order by extname) from pg_extension) as extensions`,
			);
			const indexes = await db.query<Server["indexes"][number]>(
				sql`select tables.relname as table, indexes.relname as name,
				      pg_get_indexdef(indexrelid) as definition, indisvalid as valid
				    from pg_index
				    join pg_class as indexes on indexes.oid = indexrelid
				    join pg_class as tables on tables.oid = indrelid
				    where indrelid in ('public.documents'::regclass, 'public.embeddings'::regclass, 'public.items'::regclass,
				      'public.words'::regclass, 'public.vector_partitions'::regclass)
				    order by tables.relname, indexes.relname`,
			);
			const [counts] = await db.query<EffectiveSearchSettings["counts"]>(
				sql`select
				      (select count(*)::int from items where user_id = ${userId}) as items,
				      (select count(*)::int from documents where user_id = ${userId}) as documents,
				      (select coalesce(json_object_agg(model, embedded order by model), '{}')
				       from (select model, count(*)::int as embedded from embeddings where user_id = ${userId} group by model) as by_model
				      ) as embeddings`,
			);
			if (!server || !counts)
				throw new Error("The database returned no settings: a statement that always gives a row gave none.");
			return {
				parameters: searchParameters,
				database: { ...server, indexes },
				counts,
			};
		},
	};
}
