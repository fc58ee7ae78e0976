import type { Database, Statement } from "#postgres/database.ts";

/** A node of a plan, as `explain (analyze, format json)` has it. */
export interface PlanNode {
	"Node Type": string;
	"Index Name"?: string;
	"Relation Name"?: string;
	"Subplan Name"?: string;
	"Actual Rows": number;
	"Actual Loops": number;
	"Sort Key"?: string[];
	"Heap Fetches"?: number;
	"Index Cond"?: string;
	"Rows Removed by Filter"?: number;
	Plans?: PlanNode[];
}

export interface PlanRow {
	"QUERY PLAN": { Plan: PlanNode }[];
}

/** Returns every node of an answer to `explain`. */
export const nodesOf = (rows: PlanRow[]): PlanNode[] =>
	rows.flatMap((row) => row["QUERY PLAN"].flatMap(({ Plan }) => flat(Plan)));

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

/** Returns the nodes of all statements that a port runs; it gets no rows. */
export async function plansOf(db: Database, run: (explaining: Database) => Promise<unknown>): Promise<PlanNode[]> {
	const nodes: PlanNode[] = [];
	await run({
		...db,
		async query<Row extends object>(statement: string | Statement): Promise<Row[]> {
			if (typeof statement === "string") throw new Error("The port ran a string, not a Statement.");
			const { text, values = [] } = statement;
			nodes.push(...nodesOf(await db.query<PlanRow>(`explain (analyze, format json) ${text}`, values)));
			return [];
		},
	});
	return nodes;
}

/** Counts the rows that nodes read, also those that a filter removed. */
export const rowsReadBy = (nodes: PlanNode[]): number =>
	nodes.reduce((sum, node) => {
		const { "Actual Rows": rows, "Actual Loops": loops, "Rows Removed by Filter": removed = 0 } = node;
		return sum + (rows + removed) * loops;
	}, 0);
