// make eval-all: measures search on every dataset, and each parameter on the datasets that it was not chosen on.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { main, step } from "#cli/progress.ts";
import { gitSha } from "#lib/git-sha.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { searchParameters } from "#postgres/search/search.ts";
import { temporaryDatabase } from "#scripts/local/temporary-database.ts";
import { measure, type Searched, searchModes } from "./answers.ts";
import { environmentEmbedder } from "./embedder.ts";
import { fill } from "./fill.ts";
import { printReport, type SetReport, writeReport } from "./report.ts";
import { readSets } from "./sets.ts";
import { remembering, type SearchSettings } from "./settings.ts";

const folders = { shared: "../shared", own: "test/eval" };
const only = process.env.SETS?.split(",") ?? null;

await main(async () => {
	const { sets, skipped } = await readSets(folders, only, step);
	const embedder = remembering(await environmentEmbedder());
	const directory = await mkdtemp(path.join(tmpdir(), "collections-eval-"));
	const cleanups = [() => rm(directory, { recursive: true, force: true })];
	const cleanUp = async () => {
		for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
	};
	for (const signal of ["SIGINT", "SIGTERM"]) {
		process.once(signal, () => cleanUp().finally(() => process.exit(1)));
	}
	try {
		const database = await step("database started", () =>
			temporaryDatabase(directory, process.env.DATABASE_URL || null),
		);
		cleanups.push(() => database.drop());
		const db = database.application;
		const inForce: SearchSettings = { search: searchParameters, embedder };
		const reports: SetReport[] = [];
		for (const set of sets) {
			const ids = await step(`${set.name}: ${set.items.length} items`, (progress) =>
				fill({ ...postgresPorts(db), embedder }, set, progress),
			);
			const searched: Searched = { set, ids };
			reports.push(
				await step(`${set.name}: ${set.queries.length} queries`, async (progress) => {
					const modes: Partial<SetReport["modes"]> = {};
					for (const [at, mode] of searchModes.entries()) {
						modes[mode] = await measure({ db, embedder }, searched, mode, inForce);
						progress(at + 1, searchModes.length);
					}
					return { set, modes: modes as SetReport["modes"] };
				}),
			);
		}
		const report = {
			embeddingModel: embedder.model,
			database: database.title,
			gitSha: gitSha(),
			finishedAt: new Date().toISOString(),
			sets: reports,
			skipped,
		};
		printReport(report);
		console.log(`\n${await writeReport(report, "reports/eval-all.json")}`);
	} finally {
		await cleanUp();
	}
});
process.exit();
