import type { Database, Statement } from "#postgres/database.ts";

/** The server's times for a statement, ms. */
export interface ServerTimes {
	planning: number;
	execution: number;
}

/** Runs `search` on a database that explains its one statement instead of answering it. */
export async function serverTimes(db: Database, search: (db: Database) => Promise<unknown>): Promise<ServerTimes> {
	let times: ServerTimes | null = null;
	await search({
		...db,
		async query<Row extends object>(statement: string | Statement) {
			if (typeof statement === "string") throw new Error("The search ran a string, not a Statement.");
			const [row] = await db.query<{
				"QUERY PLAN": { "Planning Time": number; "Execution Time": number }[];
			}>(`explain (analyze, timing off, format json) ${statement.text}`, statement.values);
			const plan = row?.["QUERY PLAN"][0];
			times =
				(plan && {
					planning: plan["Planning Time"],
					execution: plan["Execution Time"],
				}) ||
				null;
			return [] as Row[];
		},
	});
	if (!times) throw new Error("The search ran no statement.");
	return times;
}
