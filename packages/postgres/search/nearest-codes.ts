import { searchParameters } from "./search-parameters.ts";

const { cellNearness, rerank } = searchParameters;

/** What is asked, each an SQL expression. */
export interface NearestCodes {
	user: string;
	model: string;
	/** Null for any. */
	category: string;
	/** A `halfvec`, in a sub-select. */
	vector: string;
	/** The most to compare exactly. */
	limit: string;
	/** How many hits are wanted. */
	hits: string;
	/** Whether to read every cell. @default false */
	exhaustive?: string;
	/** A condition on `item_id`. */
	except?: string;
}

/**
 * Two relations for a `with`: the cells to read of a divided collection, and `nearest`, the items whose 1-bit codes are
 * nearest. A category is looked for in every cell, since few of its items may be in the nearest. What is much farther than
 * the last of the wanted hits is not worth a comparison.
 */
export function nearestCodes({
	user,
	model,
	category,
	vector,
	limit,
	hits,
	exhaustive = "false",
	except = "true",
}: NearestCodes): string {
	const codes = `select item_id, code from embeddings
	    where user_id = ${user} and model = ${model} and (${category} is null or category = ${category}) and ${except}`;
	return `
	probed as materialized (
	  select array_agg(cell) as cells
	  from (
	    select cell, near, avg(near) over () as usual, max(near) over () as best, stddev_pop(near) over () as deviation
	    from (
	      select cell, 1 - (centroid <=> ${vector}) as near from vector_cells
	      where user_id = ${user} and model = ${model}
	      offset 0
	    ) as measured
	  ) as compared
	  where ${exhaustive} or ${category} is not null or near >= least(best, usual + (best - usual) *
	    least(${cellNearness.most}, greatest(${cellNearness.least}, ${cellNearness.perDeviation} / ${hits} * (best - usual) / nullif(deviation, 0))))
	), nearest as materialized (
	  select item_id
	  from (
	    select item_id, distance, nth_value(distance, ${hits}) over (
	        order by distance rows between unbounded preceding and unbounded following) as last
	    from (
	      select item_id, code <~> (select binary_quantize(${vector})::bit(1024)) as distance
	      from (
	        ${codes} and cell is null
	        union all
	        ${codes} and cell = any((select cells from probed)::integer[])
	      ) as codes
	      order by distance
	      limit ${limit}
	    ) as nearby
	  ) as measured
	  where last is null or distance <= last + ${rerank.maxBitsFarther}
	)`;
}
