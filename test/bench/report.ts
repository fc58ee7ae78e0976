import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { type Demand, printDemands } from "#cli/demands.ts";
import { printTable } from "#cli/table.ts";

export { atLeast, type Demand, demand } from "#cli/demands.ts";

/**
 * Prints a bench's table and its demands, and writes `reports/bench-NAME.json`.
 * @param notes explanations of the table, a sentence or two each
 */
export function report(
	name: string,
	rows: Record<string, string | number>[],
	demands: Demand[],
	notes: string[] = [],
): void {
	console.log(`\nbench-${name}\n`);
	printTable(rows);
	if (notes.length > 0) console.log("");
	for (const note of notes) console.log(`  ${note}`);
	if (demands.length > 0) {
		console.log("");
		printDemands(demands);
	}
	const machine = {
		cpu: cpus()[0]?.model,
		cores: availableParallelism(),
		memoryGiB: Math.round(totalmem() / 2 ** 30),
		node: process.version,
	};
	mkdirSync("reports", { recursive: true });
	const file = `reports/bench-${name}.json`;
	writeFileSync(file, JSON.stringify({ machine, rows, demands, notes }, null, 2));
	console.log(`\n${file}`);
}

export function median(values: number[]): number {
	return quantile(values, 0.5);
}

/** @param q 0 to 1 */
export function quantile(values: number[], q: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.round((sorted.length - 1) * q)] ?? Number.NaN;
}
