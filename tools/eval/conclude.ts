import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Demand, printDemands } from "#deployment/demands.ts";
import { printTable } from "#deployment/table.ts";
import { gitSha } from "#lib/git-sha.ts";

/**
 * Prints rows and demands, and writes `reports/eval-NAME.json`.
 * @param details further fields of the report
 * @throws where a demand does not hold, or there is none: nothing was measured
 */
export async function conclude(
	name: string,
	rows: Record<string, string | number>[],
	demands: Demand[],
	details: object,
): Promise<void> {
	if (demands.length === 0) throw new Error(`eval-${name} has no demands: nothing was measured.`);
	printTable(rows);
	printDemands(demands);
	const file = `reports/eval-${name}.json`;
	await mkdir(path.dirname(file), { recursive: true });
	const report = { finished_at: new Date().toISOString(), git_sha: gitSha(), demands, rows, ...details };
	await writeFile(file, `${JSON.stringify(report, null, "\t")}\n`);
	console.log(`\n${file}`);
	const failed = demands.filter(({ holds }) => !holds).length;
	if (failed > 0) throw new Error(`${failed} of ${demands.length} demands do not hold.`);
}
