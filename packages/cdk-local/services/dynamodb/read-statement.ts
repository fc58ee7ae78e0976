/** An item's position in a table or index, in the order of queries. */
export interface Position {
	hash: string;
	range: string;
	/** The primary key, which distinguishes entries with the same index key. */
	pk: string;
	sk: string;
}

export interface ReadRange {
	/** @default every hash key */
	hash?: string | undefined;
	/** Inclusive bounds of the range key. */
	low?: string | undefined;
	high?: string | undefined;
	/** End of the previous page. */
	after?: Position | undefined;
	forward: boolean;
}

/** Writes the SQL that reads a range of a table, or of an index, in order. */
export function readStatement(
	table: string,
	index: string | undefined,
	{ hash, low, high, after, forward }: ReadRange,
): { text: string; parameters: Record<string, string> } {
	const [order, beyond] = forward ? ["asc", ">"] : ["desc", "<"];
	const source =
		index === undefined
			? { rows: "dynamodb_items p", hash: "p.pk", range: "p.sk", key: "" }
			: {
					rows: "dynamodb_places p join dynamodb_items i using (table_name, pk, sk)",
					hash: "p.hash",
					range: "p.range",
					key: ", p.pk, p.sk",
				};
	const conditions = [
		"p.table_name = :table",
		index !== undefined && "p.index_name = :index",
		hash !== undefined && `${source.hash} = :hash`,
		low !== undefined && `${source.range} >= :low`,
		high !== undefined && `${source.range} <= :high`,
		after &&
			`(${source.hash}, ${source.range}${source.key}) ${beyond} (:afterHash, :afterRange${source.key && ", :afterPk, :afterSk"})`,
	];
	return {
		text: `select ${source.hash} as hash, ${source.range} as range, p.pk, p.sk, item, size
			from ${source.rows} where ${conditions.filter(Boolean).join(" and ")}
			order by ${source.hash} ${order}, ${source.range} ${order}, p.pk ${order}, p.sk ${order}`,
		parameters: {
			table,
			...(index !== undefined && { index }),
			...(hash !== undefined && { hash }),
			...(low !== undefined && { low }),
			...(high !== undefined && { high }),
			...(after && {
				afterHash: after.hash,
				afterRange: after.range,
				...(index !== undefined && { afterPk: after.pk, afterSk: after.sk }),
			}),
		},
	};
}
