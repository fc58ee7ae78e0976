// make eval: measures how well each search mode finds the expected items of a dataset.
import { parseArgs } from "node:util";
import { main, step } from "#deployment/progress.ts";
import { printTable } from "#deployment/table.ts";
import { gitSha } from "#lib/git-sha.ts";
import { providerSecrets } from "../local/local-environment.ts";
import { loadImages, readDocuments, startOwnCloud } from "./collection.ts";
import { readBaseline } from "./compare.ts";
import { readDataset } from "./dataset.ts";
import { type ModeRun, modes, retryThrottled, runMode } from "./modes.ts";
import { comparePeers, type PeerSummary } from "./peer-answers.ts";
import { sectionsOf, writeReport } from "./report.ts";
import { byQuery, type Evaluation, summarize } from "./summary.ts";

await main(async () => {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			baseline: { type: "string" },
			/** `replay` returns the dataset's analyses; any provider of `cdk.json` describes the images itself. */
			vision: { type: "string", default: "replay" },
			/** Compares the hybrid search with searches by others. */
			peers: { type: "boolean", default: false },
			reports: { type: "string", default: "reports" },
		},
	});
	const [folder = ""] = positionals;
	const replays = values.vision === "replay";
	const dataset = await readDataset(folder, { withAnalyses: replays });
	const baseline = values.baseline ? await readBaseline(values.baseline) : null;
	console.log(`Evaluating search on ${dataset.folder}\n`);

	const { parameters, machine } = await providerSecrets();
	const cloud = await step("start a local cloud of its own", () =>
		startOwnCloud(
			{
				...machine,
				...(replays ? { replayFolder: dataset.folder } : { visionProvider: values.vision }),
			},
			parameters,
		),
	);
	const interrupted = () => void cloud.close().then(() => process.exit(130));
	process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
	try {
		const { client } = cloud;
		const ids = await step(`load ${dataset.images.length} images`, (update) => loadImages(client, dataset, update));
		const runs: ModeRun[] = [];
		for (const mode of modes) {
			let done = 0;
			runs.push(
				await step(`${dataset.queries.length} queries by ${mode}`, (update) =>
					runMode(client, mode, dataset.queries, ids, () => update(++done, dataset.queries.length)),
				),
			);
		}
		const peers = values.peers
			? await step("the same queries by others", async () =>
					comparePeers(await readDocuments(client, ids), hybridAnswers(runs)),
				)
			: null;
		const { model } = await retryThrottled(() => client.call<{ model: string }>("GET", "/vector-index/status"));
		const evaluation: Evaluation = {
			dataset: dataset.name,
			images: dataset.images.length,
			vision: values.vision,
			embedding_model: model,
			git_sha: gitSha(),
			finished_at: new Date().toISOString(),
			modes: Object.fromEntries(runs.flatMap((run) => ("answers" in run ? [[run.mode, summarize(run.answers)]] : []))),
			unavailable: Object.fromEntries(
				runs.flatMap((run) => ("unavailable" in run ? [[run.mode, run.unavailable]] : [])),
			),
			...(peers && { peers: withoutDifferences(peers) }),
			queries: byQuery(runs),
		};
		const sections = sectionsOf(evaluation, baseline);
		for (const { title, notes, rows } of sections) {
			console.log(`\n${title}\n`);
			for (const note of notes) console.log(`  ${note}`);
			if (notes.length > 0 && rows.length > 0) console.log("");
			if (rows.length > 0) printTable(rows);
		}
		const files = await writeReport(evaluation, sections, values.reports);
		console.log(`\n${files.join("\n")}`);
	} finally {
		await cloud.close();
	}
});
process.exit();

function hybridAnswers(runs: ModeRun[]) {
	const run = runs.find(({ mode }) => mode === "hybrid");
	if (!run || !("answers" in run)) throw new Error("The hybrid search did not run: there is nothing to compare with.");
	return run.answers;
}

/** Leaves out what the means are made of. */
function withoutDifferences(peers: Record<string, PeerSummary>): Evaluation["peers"] {
	return Object.fromEntries(Object.entries(peers).map(([name, { differences: _, ...summary }]) => [name, summary]));
}
