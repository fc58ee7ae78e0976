import { printDemands } from "#deployment/demands.ts";
import { printTable } from "#deployment/table.ts";
import type { Interval } from "../bootstrap.ts";
import { interval, missing, share } from "../figures.ts";
import { searchModes } from "./answers.ts";
import { differencesFromPeers, type MeanFigures, meanOverSets, type Report } from "./report.ts";

type Row = Record<string, string | number>;

/** Prints the report's tables. */
export function printReport(report: Report): void {
	console.log(`\nSearch, ${report.embeddingModel}, ${report.database}, commit ${report.gitSha}\n`);
	printTable(setRows(report));
	for (const { name, reason } of report.skipped) console.log(`\n  ${name} is skipped: ${reason}.`);
	for (const { set } of report.sets) {
		if (set.notes.length > 0) console.log(`\n  ${set.name}: of ${set.notes.length} pictures no item is made.`);
	}
	const peers = peerRows(report);
	if (peers.length > 0) {
		console.log("\nPeers: hybrid less the peer, with 95 % intervals\n");
		printTable(peers);
	}
	if (report.parameters) {
		console.log(
			"\nParameters: each chosen on the other sets, its gain over its off value measured on the set left out\n",
		);
		printTable(parameterRows(report));
	}
	if (report.demands.length === 0) return;
	const failed = report.demands.filter(({ holds }) => !holds);
	console.log(`\nDemands: ${report.demands.length - failed.length} of ${report.demands.length} hold\n`);
	if (failed.length > 0) printDemands(failed);
}

function setRows({ sets }: Report): Row[] {
	const cells = (figures: MeanFigures) => ({
		"nDCG@10": shareOrMissing(figures.ndcg10),
		MRR: shareOrMissing(figures.mrr),
		"recall@10": shareOrMissing(figures.recall10),
		"hopeless without strong": shareOrMissing(figures.hopeless_without_strong),
		"right hits lost": shareOrMissing(figures.right_hits_lost),
	});
	return [
		...sets.flatMap(({ set, modes }) =>
			searchModes.map((mode) => ({
				set: set.name,
				items: set.items.length,
				queries: set.queries.length,
				mode,
				...cells(modes[mode].figures),
			})),
		),
		...searchModes.map((mode) => ({ set: "mean", items: "", queries: "", mode, ...cells(meanOverSets(sets, mode)) })),
	];
}

function peerRows({ sets }: Report): Row[] {
	const means = Object.entries(differencesFromPeers(sets));
	return [
		...sets.flatMap(({ set, peers }) =>
			Object.entries(peers).map(([peer, { ndcg10, mrr, difference }]) => ({
				set: set.name,
				peer,
				"its nDCG@10": share(ndcg10),
				"nDCG@10": interval(difference.ndcg10),
				"its MRR": share(mrr),
				MRR: interval(difference.mrr),
			})),
		),
		...means.map(([peer, { ndcg10, mrr }]) => ({
			set: "mean",
			peer,
			"its nDCG@10": "",
			"nDCG@10": interval(ndcg10),
			"its MRR": "",
			MRR: interval(mrr),
		})),
	];
}

function parameterRows({ parameters }: Report): Row[] {
	return (parameters ?? []).map(({ name, metric, off, inForce, chosenOnAll, leftOut, gain }) => ({
		parameter: name,
		metric,
		off,
		"in force": inForce,
		"best on all": chosenOnAll,
		"chosen without each": [...Map.groupBy(Object.values(leftOut), ({ chosen }) => chosen)]
			.map(([chosen, sets]) => `${chosen} (${sets.length})`)
			.join(", "),
		gain: interval(gain),
		verdict: verdictOn(gain),
	}));
}

function verdictOn({ mean, low }: Interval): string {
	if (mean <= 0) return "remove";
	return low > 0 ? "holds" : "uncertain";
}

const shareOrMissing = (figure: number | null) => (figure === null ? missing : share(figure));
