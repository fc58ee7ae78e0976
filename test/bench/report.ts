import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { type Demand, printDemands } from "#deployment/demands.ts";
import { printTable } from "#deployment/table.ts";

export { type Demand, demand, measured, minDemand } from "#deployment/demands.ts";

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
	if (rows.length === 0) throw new Error(`bench-${name} has no rows: nothing was measured.`);
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

/** @throws if there are no values, or one is not a number */
export function median(values: number[]): number {
	return quantile(values, 0.5);
}

/**
 * @param q 0 to 1
 * @throws if there are no values, or one is not a number
 */
export function quantile(values: number[], q: number): number {
	const unmeasured = values.find((value) => !Number.isFinite(value));
	const value = values.toSorted((a, b) => a - b)[Math.round((values.length - 1) * q)];
	if (value === undefined || unmeasured !== undefined) {
		throw new Error(
			`A quantile of ${values.length} values, of which one is ${unmeasured ?? value}: nothing was measured.`,
		);
	}
	return value;
}

/** @throws if there are no values, or one is not a number */
export function mean(values: number[]): number {
	const sum = values.reduce((sum, value) => sum + value, 0);
	if (values.length > 0 && Number.isFinite(sum)) return sum / values.length;
	throw new Error(`A mean of ${values.length} values is ${sum / values.length}: nothing was measured.`);
}
