type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Rest}`
	? `${Head}${Capitalize<CamelCase<Rest>>}`
	: Name;

/** A row whose columns are named as the application names them: `user_id` is `userId`. */
export type CamelCased<Row> = { [Column in keyof Row & string as CamelCase<Column>]: Row[Column] };

/** Renames every column of a row that holds what its object holds, and nothing else. */
export function camelCased<Row extends object>(row: Row): CamelCased<Row> {
	return Object.fromEntries(
		Object.entries(row).map(([column, value]) => [
			column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
			value,
		]),
	) as CamelCased<Row>;
}
