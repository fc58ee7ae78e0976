import { constant, type Sql, sql } from "../sql.ts";
import type { SearchParameters } from "./search-parameters.ts";

/** Conditions of a search for codes, each an SQL expression. */
interface NearestCodes {
	parameters: SearchParameters;
	user: Sql;
	model: Sql;
	/** Null for any. */
	category: Sql;
	/** A `halfvec`, in a sub-select. */
	vector: Sql;
	/** The number of wanted hits. */
	hits: Sql;
	/** Reads every partition. @default false */
	exhaustive?: Sql;
	/** A condition on `item_id`. */
	where?: Sql;
}

/**
 * Two steps of a `with`: the partitions to read, and the items whose 1-bit codes are nearest, read from the covering
 * index alone. A category is looked for in every partition, since the nearest may have few of its items.
 */
export function nearestCodeSteps(search: NearestCodes): Sql {
	return sql`
	probes as materialized (${probes(search)}
	), nearest_codes as materialized (${nearestCodes(search)}
	)`;
}

/**
 * probes: one row, the IVF partitions whose centroids stand out. Those are read that are nearer to the query than the
 * mean by a share of what the nearest is: see `partitionProximity`.
 *
 * - partitions: null where the collection is not partitioned
 */
function probes({ parameters, user, model, category, vector, hits, exhaustive = sql`false` }: NearestCodes): Sql {
	const { min, max, perDeviation } = parameters.partitionProximity;
	const share = sql`least(${constant(max)}, greatest(${constant(min)}, ${constant(perDeviation)} / ${hits} * (best - mean) / nullif(deviation, 0)))`;
	return sql`
	  select array_agg(partition) as partitions
	  from (
	    select partition, proximity, avg(proximity) over () as mean, max(proximity) over () as best, stddev_pop(proximity) over () as deviation
	    from (
	      select partition, 1 - (centroid <=> ${vector}) as proximity from vector_partitions
	      where user_id = ${user} and model = ${model}
	      offset 0
	    ) as centroids
	  ) as compared_centroids
	  where ${exhaustive} or ${category} is not null or proximity >= least(best, mean + (best - mean) * ${share})`;
}

/**
 * nearest_codes: the items to compare exactly, nearest codes first. A code that is much farther than the last of the
 * wanted hits is not worth it. Vectors that no partition has yet are always read.
 *
 * - item_id
 */
function nearestCodes({ parameters, user, model, category, vector, hits, where = sql`true` }: NearestCodes): Sql {
	const codes = sql`select item_id, code from embeddings
	        where user_id = ${user} and model = ${model} and (${category} is null or lower(category) = ${category}) and ${where}`;
	return sql`
	  select item_id
	  from (
	    select item_id, distance, nth_value(distance, ${hits}) over (
	        order by distance rows between unbounded preceding and unbounded following) as last_hit_distance
	    from (
	      select item_id, code <~> (select binary_quantize(${vector})::bit(1024)) as distance
	      from (
	        ${codes} and partition is null
	        union all
	        ${codes} and partition = any((select partitions from probes)::integer[])
	      ) as codes
	      order by distance
	      limit ${constant(parameters.rerank.max)}
	    ) as closest
	  ) as measured
	  where last_hit_distance is null or distance <= last_hit_distance + ${constant(parameters.rerank.maxBitsFarther)}`;
}
