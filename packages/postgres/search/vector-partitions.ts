import type { VectorPartitions, VectorSet } from "#core/ports/index.ts";
import type { Database } from "../database.ts";

/** Of how many vectors, for each cell, its centroid is found, and in how many rounds: more hardly move it. */
const samplesPerCell = 20;
const rounds = 4;
/** Longer than any statement that may still move vectors into a cell it read as current. */
const writeMinutes = 10;

const outdated = `select cell from vector_cells where user_id = $1 and model = $2 and outdated_at is not null`;
const current = `select cell from vector_cells where user_id = $1 and model = $2 and outdated_at is null`;

/** $3 vectors, by a hash: ids may be in the order of time, and so of what a person was busy with. */
const sample = `select embedding from embeddings
	where user_id = $1 and model = $2 order by md5(item_id::text) limit $3`;

/**
 * Puts in each current cell's place the middle of those of the sample that are nearest to it (k-means, with cosine);
 * cells that nothing is nearest to vanish. The sample is read into an array, or each comparison would read it anew.
 * $4 what the division is made for.
 */
const nearerCentroids = `
	with centroids as materialized (
	  select cell, centroid from vector_cells where user_id = $1 and model = $2 and outdated_at is null
	), middles as materialized (
	  select avg(one) as middle
	  from (
	    select one, (select cell from centroids order by centroid <=> one limit 1) as nearest
	    from unnest((select array_agg(embedding) from (${sample}) as chosen)) as one
	  ) as assigned
	  group by nearest
	), replaced as (
	  delete from vector_cells where user_id = $1 and model = $2 and cell in (select cell from centroids)
	)
	insert into vector_cells (user_id, model, centroid, made_for)
	select $1, $2, middle, $4 from middles`;

export function postgresVectorPartitions(db: Database): VectorPartitions {
	return {
		// From person to person through the index of words, whose first of each is the empty one, in every document.
		large: ({ minItems, limit }) =>
			db.query<VectorSet>(
				`with recursive people as (
				   (select user_id, lexeme, documents from words order by user_id, lexeme limit 1)
				   union all
				   select next.* from people, lateral (
				     select user_id, lexeme, documents from words
				     where words.user_id > people.user_id order by user_id, lexeme limit 1
				   ) as next
				 ), owners as (
				   select user_id from (
				     select user_id from people where lexeme = '' and documents >= $1
				     union
				     select user_id from vector_cells
				   ) as every
				   order by random() limit $2
				 )
				 select user_id as "userId", model, coalesce(vectors, 0) as vectors, divided_with as "dividedWith"
				 from owners, lateral (
				   select model, vectors, divided_with from (
				     select model, count(*)::int as vectors from embeddings
				     where embeddings.user_id = owners.user_id group by model
				   ) as stored
				   full join (
				     select model, max(made_for) filter (where outdated_at is null) as divided_with from vector_cells
				     where vector_cells.user_id = owners.user_id group by model
				   ) as divided using (model)
				 ) as sets`,
				[minItems, limit],
			),

		divide: (userId, model, { cells, vectors }) =>
			db.transaction(async (tx) => {
				const of = [userId, model];
				// Another division at once would take this one's unfinished cells for its own.
				await tx.query(
					"select pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))",
					of,
				);
				await tx.query(
					`update vector_cells set outdated_at = clock_timestamp()
					 where user_id = $1 and model = $2 and outdated_at is null`,
					of,
				);
				if (cells === 0) return;
				await tx.query(
					`insert into vector_cells (user_id, model, centroid, made_for)
					 select $1, $2, embedding, $4 from (${sample}) as chosen`,
					[...of, cells, vectors],
				);
				for (let round = 0; round < rounds; round++) {
					await tx.query(nearerCentroids, [
						...of,
						cells * samplesPerCell,
						vectors,
					]);
				}
			}),

		async move(userId, model, limit) {
			// One that is being written is in no cell afterwards, and comes with a later call.
			const moved = await db.query(
				`with strays as materialized (
				   select item_id from embeddings
				   where user_id = $1 and model = $2
				     and (cell in (${outdated}) or cell is null and exists (${current}))
				   limit $3
				   for no key update skip locked
				 )
				 update embeddings set cell = (${current} order by centroid <=> embedding limit 1)
				 from strays
				 where embeddings.user_id = $1 and embeddings.model = $2 and embeddings.item_id = strays.item_id
				 returning embeddings.item_id`,
				[userId, model, limit],
			);
			return moved.length;
		},

		async removeEmpty(userId, model) {
			await db.query(
				`delete from vector_cells
				 where user_id = $1 and model = $2 and outdated_at < clock_timestamp() - make_interval(mins => ${writeMinutes})
				   and not exists (
				     select from embeddings
				     where user_id = $1 and embeddings.model = $2 and embeddings.cell = vector_cells.cell)`,
				[userId, model],
			);
		},
	};
}
