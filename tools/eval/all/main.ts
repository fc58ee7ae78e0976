// make eval-all: measures search on every dataset, and each parameter on the datasets that it was not chosen on.

import { searchText } from "#core/items/analysis.ts";
import type { Demand } from "#deployment/demands.ts";
import { main, step } from "#deployment/progress.ts";
import { gitSha } from "#lib/git-sha.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { searchParameters } from "#postgres/search/search.ts";
import type { TemporaryDatabase } from "../../local/temporary-database.ts";
import { onTemporaryDatabase } from "../on-temporary-database.ts";
import { parametersOf } from "../parameters.ts";
import { comparePeers } from "../peer-answers.ts";
import { measure, type Searched, searchModes } from "./answers.ts";
import { baselineDemands, readBaseline, writeBaseline } from "./baseline.ts";
import { parameterDemands, peerDemands, strengthDemands } from "./demands.ts";
import { environmentEmbedder } from "./embedder.ts";
import { fill } from "./fill.ts";
import { type Report, type SetReport, writeReport } from "./report.ts";
import { readSets, type Sets } from "./sets.ts";
import { remembering, type SearchSettings } from "./settings.ts";
import { sweep } from "./sweep.ts";
import { printReport } from "./tables.ts";

const folders = { shared: "../shared", own: "test/eval" };
const file = "reports/eval-all.json";
const only = process.env.SETS ? process.env.SETS.split(",") : null;
const withPeers = process.env.PEERS === "1";
const withSweep = process.env.SWEEP !== "0";
const writesBaseline = process.env.BASELINE === "write";

await main(async () => {
	if (writesBaseline && only) throw new Error("A baseline is of every dataset: leave out SETS.");
	const sets = await readSets(folders, only, step);
	if (withSweep && sets.sets.length < 2) {
		throw new Error(
			"Parameters are chosen by leaving a dataset out, which takes two or more: give SWEEP=0 for one alone.",
		);
	}
	const report = await onTemporaryDatabase((database) => evaluate(database, sets));
	printReport(report);
	await writeReport(report, file);
	console.log(`\n${file}`);
	const failed = report.demands.filter(({ holds }) => !holds).length;
	if (failed > 0) throw new Error(`${failed} of ${report.demands.length} demands do not hold.`);
});
process.exit();

async function evaluate(database: TemporaryDatabase, { sets, skipped }: Sets): Promise<Report> {
	const db = database.application;
	const embedder = remembering(await environmentEmbedder());
	const inForce: SearchSettings = { search: searchParameters, embedder };
	const filled: Searched[] = [];
	for (const set of sets) {
		const ports = { ...postgresPorts(db), embedder };
		const ids = await step(`${set.name}: ${set.items.length} items`, (progress) => fill(ports, set, progress));
		filled.push({ set, ids });
	}
	const reports: SetReport[] = [];
	for (const searched of filled) {
		const { name, queries } = searched.set;
		reports.push(
			await step(`${name}: ${queries.length} queries`, async (progress) => {
				const modes: Partial<SetReport["modes"]> = {};
				for (const [at, mode] of searchModes.entries()) {
					modes[mode] = await measure({ db, embedder }, searched, mode, inForce);
					progress(at + 1, searchModes.length);
				}
				return { set: searched.set, modes: modes as SetReport["modes"], peers: {} };
			}),
		);
	}
	const demands: Demand[] = strengthDemands(reports);
	if (writesBaseline) await writeBaseline(embedder.model, reports);
	else demands.push(...baselineDemands(await readBaseline(), embedder.model, reports));
	if (withPeers) {
		await step("peers", async (progress) => {
			for (const [at, report] of reports.entries()) {
				const documents = report.set.items.map(({ id, description }) => ({ id, text: searchText(description) }));
				report.peers = await comparePeers(documents, report.modes.hybrid.answers);
				progress(at + 1, reports.length);
			}
		});
		demands.push(...peerDemands(reports.map(({ set, peers }) => ({ name: set.name, peers }))));
	}
	let parameters: Report["parameters"] = null;
	if (withSweep) {
		parameters = await step("parameters swept", (progress) =>
			sweep({ db, embedder }, filled, parametersOf(inForce), progress),
		);
		demands.push(...parameterDemands(parameters));
	}
	return {
		embeddingModel: embedder.model,
		database: database.title,
		gitSha: gitSha(),
		finishedAt: new Date().toISOString(),
		sets: reports,
		skipped,
		parameters,
		demands,
	};
}
