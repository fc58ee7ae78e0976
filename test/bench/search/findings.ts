import { type Demand, demand, median, quantile } from "../report.ts";
import { type Measured, pairedRatios } from "./compare.ts";
import type { Inserts } from "./inserts.ts";
import type { ServerTimes } from "./server-times.ts";

/** One comparison's part of the report. */
export interface Findings {
	table: Record<string, string>[];
	demands: Demand[];
	notes?: string[];
}

/** Formats a line of the table. */
export function line(
	title: string,
	side: Measured,
	{
		found,
		ours,
		server,
	}: {
		/** 0 to 1. */
		found?: number;
		/** Our measurement, to compare the side with; absent in our own line. */
		ours?: Measured;
		server?: ServerTimes[];
	},
): Record<string, string> {
	const ratios = ours && pairedRatios(ours, side);
	const ratio = (q: number) => (ratios ? quantile(ratios, q).toFixed(3) : "");
	const ms = (values: number[] | undefined) => (values ? median(values).toFixed(1) : "");
	return {
		"p50, ms": `${title}: ${side.name}`,
		p50: ms(side.ms),
		found: found?.toFixed(3) ?? "",
		ratio: ratio(0.5),
		q1: ratio(0.25),
		q3: ratio(0.75),
		planning: ms(server?.map(({ planning }) => planning)),
		execution: ms(server?.map(({ execution }) => execution)),
	};
}

export function insertFindings({ ours, hnsw, sizes, rows }: Inserts): Findings {
	const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
	return {
		table: [line("insert", ours, {}), line("insert", hnsw, { ours })],
		demands: [demand("insert / the same table with HNSW", median(pairedRatios(ours, hnsw)), 1 / 8)],
		notes: [
			`insert: the statement that writes one embedding, within the embedder's commit. HNSW over ${rows} rows of vector(1024) is ${megabytes(sizes.hnsw)} MB; all codes are ${megabytes(sizes.codes)} MB.`,
		],
	};
}
