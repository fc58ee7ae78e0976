import type { VectorPartitions, VectorSet } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { constant, type Sql, sql } from "../sql.ts";

/** Sampled vectors and rounds of k-means for each centroid: more hardly move it. */
const samplesPerPartition = 20;
const rounds = 4;
/** Longer than any statement that may still assign vectors to a partition that it read as current. */
const writeMinutes = 10;

/** One user's vectors of one model. */
interface VectorSetKey {
	user: Sql;
	model: Sql;
}

const keyOf = (userId: string, model: string): VectorSetKey => ({
	user: sql`${userId}`,
	model: sql`${model}`,
});

const partitionsOf = ({ user, model }: VectorSetKey, columns = sql`partition`) =>
	sql`select ${columns} from vector_partitions where user_id = ${user} and model = ${model}`;
const current = (set: VectorSetKey, columns?: Sql) => sql`${partitionsOf(set, columns)} and outdated_at is null`;
const outdated = (set: VectorSetKey) => sql`${partitionsOf(set)} and outdated_at is not null`;

/** Samples vectors in the order of a hash: ids may be in the order of time, and vectors of one day resemble each other. */
const sample = ({ user, model }: VectorSetKey, size: number) =>
	sql`select embedding from embeddings
	where user_id = ${user} and model = ${model} order by md5(item_id::text) limit ${size}`;

/** The first centroids: vectors of the sample. */
const firstCentroids = (set: VectorSetKey, partitions: number, vectors: number) => sql`
	insert into vector_partitions (user_id, model, centroid, built_for)
	select ${set.user}, ${set.model}, embedding, ${vectors} from (${sample(set, partitions)}) as chosen`;

/**
 * One round of k-means with cosine: replaces each current partition by the mean of the sampled vectors nearest to its
 * centroid. Partitions that nothing is nearest to vanish. The sample is read into an array, or each comparison would
 * read it again. The steps:
 *
 * - centroids: partition, centroid of the current partitions
 * - means: mean of the vectors nearest to each
 * - replaced: nothing; deletes the current partitions
 */
const nearerCentroids = (set: VectorSetKey, partitions: number, vectors: number) => sql`
	with centroids as materialized (
	  ${current(set, sql`partition, centroid`)}
	), means as materialized (
	  select avg(vector) as mean
	  from (
	    select vector, (select partition from centroids order by centroid <=> vector limit 1) as nearest
	    from unnest((select array_agg(embedding) from (${sample(set, partitions * samplesPerPartition)}) as chosen)) as vector
	  ) as assigned
	  group by nearest
	), replaced as (
	  delete from vector_partitions where user_id = ${set.user} and model = ${set.model} and partition in (select partition from centroids)
	)
	insert into vector_partitions (user_id, model, centroid, built_for)
	select ${set.user}, ${set.model}, mean, ${vectors} from means`;

/**
 * Lists the large collections. It goes from user to user through the index of words, where each user's first row has the
 * number of documents. The
 * steps:
 *
 * - users: user_id, lexeme and documents of each user's first word
 * - owners: user_id of the large collections, and of those with partitions
 */
const largeCollections = (minItems: number, limit: number) => sql`
	with recursive users as (
	  (select user_id, lexeme, documents from words order by user_id, lexeme limit 1)
	  union all
	  select next.* from users, lateral (
	    select user_id, lexeme, documents from words
	    where words.user_id > users.user_id order by user_id, lexeme limit 1
	  ) as next
	), owners as (
	  select user_id from (
	    select user_id from users where lexeme = '' and documents >= ${minItems}
	    union
	    select user_id from vector_partitions
	  ) as candidates
	  order by random() limit ${limit}
	)
	select user_id as "userId", model, coalesce(vectors, 0) as vectors, built_for as "builtFor"
	from owners, lateral (
	  select model, vectors, built_for from (
	    select model, count(*)::int as vectors from embeddings
	    where embeddings.user_id = owners.user_id group by model
	  ) as stored
	  full join (
	    select model, max(built_for) filter (where outdated_at is null) as built_for from vector_partitions
	    where vector_partitions.user_id = owners.user_id group by model
	  ) as partitioned using (model)
	) as sets`;

/** IVF partitions in PostgreSQL. */
export function postgresVectorPartitions(db: Database): VectorPartitions {
	return {
		listLarge: ({ minItems, limit }) => db.query<VectorSet>(largeCollections(minItems, limit)),

		rebuild: (userId, model, { partitions, vectors }) =>
			db.transaction(async (tx) => {
				const set = keyOf(userId, model);
				// Another rebuild at once would take this one's unfinished partitions for its own.
				await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${set.user} || ' ' || ${set.model}, 0))`);
				await tx.query(
					sql`update vector_partitions set outdated_at = clock_timestamp()
					    where user_id = ${set.user} and model = ${set.model} and outdated_at is null`,
				);
				if (partitions === 0) return;
				await tx.query(firstCentroids(set, partitions, vectors));
				for (let round = 0; round < rounds; round++) {
					await tx.query(nearerCentroids(set, partitions, vectors));
				}
			}),

		async assign(userId, model, limit) {
			const set = keyOf(userId, model);
			// A vector that is being written is unassigned afterwards: a later call assigns it.
			const moved = await db.query(
				sql`with unassigned as materialized (
				      select item_id from embeddings
				      where user_id = ${set.user} and model = ${set.model}
				        and (partition in (${outdated(set)}) or partition is null and exists (${current(set)}))
				      limit ${limit}
				      for no key update skip locked
				    )
				    update embeddings set partition = (${current(set)} order by centroid <=> embedding limit 1)
				    from unassigned
				    where embeddings.user_id = ${set.user} and embeddings.model = ${set.model} and embeddings.item_id = unassigned.item_id
				    returning embeddings.item_id`,
			);
			return moved.length;
		},

		async removeEmpty(userId, model) {
			const set = keyOf(userId, model);
			await db.query(
				sql`delete from vector_partitions
				    where user_id = ${set.user} and model = ${set.model} and outdated_at < clock_timestamp() - make_interval(mins => ${constant(writeMinutes)})
				      and not exists (
				        select from embeddings
				        where user_id = ${set.user} and embeddings.model = ${set.model} and embeddings.partition = vector_partitions.partition)`,
			);
		},
	};
}
