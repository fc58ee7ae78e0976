import type { Queryable } from "#postgres/database.ts";
import { type Sql, sql } from "#postgres/sql.ts";
import { documentVersion, searchVectors } from "../support/search-vectors.ts";
import { vectorText } from "../support/vector-text.ts";

/** The steps that insert an item of a user for each row of `ids`, and its analysis: id, item_id. */
const addedAnalyses = (user: Sql, category: Sql) => sql`added_items as (
	  insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
	  select item_id, ${user}, 'shot.png', 'image/png', 1, 'bulk' from ids
	  returning id
	), added_analyses as (
	  insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
	  select analysis_id, item_id, ${user}, 1, ${category}, '{}', 'test', 'test' from ids join added_items on id = item_id
	  returning id, item_id
	)`;

/** Fills the tables with tenants of many ready items each: random vectors, and common and rare words. */
export async function fillWithTenants(db: Queryable, tenants: { userId: string; items: number }[]): Promise<void> {
	for (const { userId, items } of tenants) {
		const user = sql`${userId}`;
		const texts = Array.from({ length: items }, (_, at) => ({
			headline: `common headline ${at + 1}`,
			extractedText: rareWords(at + 1).join(" "),
		}));
		await db.query(
			sql`with ids as (
			      select gen_random_uuid() as item_id, gen_random_uuid() as analysis_id, headline, extracted_text, search, n
			      from unnest(${texts.map(({ headline }) => headline)}::text[],
			        ${texts.map(({ extractedText }) => extractedText)}::text[], ${searchVectors(texts)}::text[]
			      ) with ordinality as texts (headline, extracted_text, search, n)
			    ), ${addedAnalyses(user, sql`'Food'`)}, added_documents as (
			      insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text,
			        search, search_version)
			      select item_id, ${user}, analysis_id, 'Food', headline, '', '', extracted_text, search::tsvector, ${documentVersion}
			      from ids join added_analyses using (item_id)
			    )
			    insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
			    select item_id, ${user}, 'test-model', analysis_id, 'Food',
			      (select array_agg(random() - 0.5 + 0 * (n + d)) from generate_series(1, 1024) as d)::vector::halfvec
			    from ids join added_analyses using (item_id)`,
		);
	}
}

/** Returns forty words of five thousand. */
const rareWords = (item: number) =>
	Array.from({ length: 40 }, (_, at) => `word${(item * 31 + (at + 1) * 7 + (at + 1) ** 2) % 5_000}`);

/** Adds an item without words for each vector; the database indexes them, also that of an earlier migration. */
export async function fillWithVectors(
	db: Queryable,
	{ userId, model, category = "Other" }: { userId: string; model: string; category?: string },
	vectors: Float32Array[],
): Promise<void> {
	const user = sql`${userId}`;
	for (let from = 0; from < vectors.length; from += 250) {
		const part = vectors.slice(from, from + 250).map(vectorText);
		await db.query(
			sql`with ids as (
			      select gen_random_uuid() as item_id, gen_random_uuid() as analysis_id, vector
			      from unnest(${part}::text[]) as vector
			    ), ${addedAnalyses(user, sql`${category}`)}, added_documents as (
			      insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
			      select item_id, ${user}, id, ${category}, '', '', '', '' from added_analyses
			      returning item_id
			    )
			    insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
			    select item_id, ${user}, ${model}, analysis_id, ${category}, vector::vector::halfvec
			    from ids join added_documents using (item_id)`,
		);
	}
}
