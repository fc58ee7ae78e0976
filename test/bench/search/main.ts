// make bench-search: compares the product's searches and inserts with those of other products, in turns.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { main, step } from "#deployment/progress.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { type TemporaryDatabase, temporaryDatabase } from "#tools/local/temporary-database.ts";
import { report } from "../report.ts";
import { fillChroma, startChroma } from "./chroma.ts";
import { Collection, sizeClasses } from "./collection.ts";
import { fillWithReadyItems, partitionLargeCollections } from "./fill.ts";
import { type Findings, insertFindings } from "./findings.ts";
import { compareInserts } from "./inserts.ts";
import { langChain } from "./langchain.ts";
import { compareSearches, queriesPerClass } from "./searches.ts";

const url = process.env.DATABASE_URL || null;
/** PGlite, one thread of WebAssembly, fills 12,000 in a minute or two, with all but the largest class of tenants. */
const rows = Number(process.env.ROWS || (url ? 100_000 : 12_000));
/** Over more rows PGlite takes too long to build an HNSW index. */
const hnswRows = url ? rows : 5_000;

/** Chroma takes most of a run's time. */
const allPeers = ["langchain", "chroma", "hnsw"];
const peers = process.env.PEERS?.split(",") ?? allPeers;

await main(async () => {
	const unknown = peers.find((peer) => !allPeers.includes(peer));
	if (unknown !== undefined) {
		throw new Error(`PEERS names "${unknown}": give some of ${allPeers.join(",")}.`);
	}
	if (!(rows >= 1_500)) {
		throw new Error(`ROWS is "${process.env.ROWS}": give a number from 1500.`);
	}
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	let database: TemporaryDatabase | undefined;
	let cleaning: Promise<void> | undefined;
	const cleanUp = () => {
		cleaning ??= (async () => {
			await database?.drop();
			rmSync(directory, { recursive: true, force: true });
		})();
		return cleaning;
	};
	for (const signal of ["SIGINT", "SIGTERM"]) {
		process.once(signal, () => cleanUp().finally(() => process.exit(1)));
	}
	try {
		const collection = await step(`${rows} documents made`, async () => new Collection(rows));
		database = await step("database started", () => temporaryDatabase(directory, url));
		const { table, demands, notes } = await compareAll(directory, database, collection);
		report("search", table, demands, notes);
	} finally {
		await cleanUp();
	}
});

async function compareAll(
	directory: string,
	database: TemporaryDatabase,
	collection: Collection,
): Promise<Required<Findings>> {
	const present = collection.sizeClasses;
	const findings: Required<Findings> = {
		table: [],
		demands: [],
		notes: [
			`${database.title}: ${collection.rows} rows of ${collection.tenants.length} tenants.`,
			`Each class: ${queriesPerClass} queries, by every side in turns. ratio: ours / theirs, paired, with its quartiles.`,
			"found: recall@10 against brute force; of hybrid, how often the document that the query was made of is among the ten.",
			"planning, execution: of our statement on the server, ms.",
			"LangChain.js: the table as PGVectorStore makes it, which has no index; hybrid: a tsvector with an index beside it, fused with RRF.",
		],
	};
	const add = ({ table, demands, notes = [] }: Findings) => {
		findings.table.push(...table);
		findings.demands.push(...demands);
		findings.notes.push(...notes);
	};
	if (!url || collection.rows < 90_000) {
		findings.notes.push(
			"The demands are of native PostgreSQL and 100,000 rows. LangChain.js, and Chroma with where, look at every tenant's rows: of fewer they are faster.",
		);
	}
	if (present.length < sizeClasses.length) {
		findings.notes.push(
			`Larger tenants are left out: they need ROWS=${sizeClasses.reduce((sum, { rows }) => sum + rows, 0)} or more.`,
		);
	}
	await step("filled", (progress) =>
		withClient(database.address, database.owner, (client) => fillWithReadyItems(client, collection.tenants, progress)),
	);
	await step("partitioned", () => partitionLargeCollections(database));
	const langchain = peers.includes("langchain")
		? await step("LangChain.js filled", (progress) => langChain(database, progress))
		: null;
	const server = peers.includes("chroma") ? await startChroma(directory) : null;
	const chroma =
		!server || "absent" in server
			? null
			: await step("Chroma filled", (progress) => fillChroma(server, collection, progress));
	if (peers.length < allPeers.length) {
		findings.notes.push(`Compared with ${peers.join(", ")} alone.`);
	}
	if (server && "absent" in server) {
		findings.notes.push(
			`Chroma is not measured, its server does not start here (CHROMA_URL names another): ${server.absent}`,
		);
	}
	try {
		for (const sizeClass of present) {
			await step(`searches, tenants of ${sizeClass.rows}`, async () =>
				add(await compareSearches({ application: database.application, langchain, chroma }, collection, sizeClass)),
			);
		}
		if (peers.includes("hnsw")) {
			await step("inserts", async () =>
				add(
					insertFindings(
						await compareInserts(database, collection, {
							count: queriesPerClass,
							rows: Math.min(hnswRows, collection.rows),
						}),
					),
				),
			);
		}
	} finally {
		await langchain?.close();
		chroma?.close();
	}
	return findings;
}
