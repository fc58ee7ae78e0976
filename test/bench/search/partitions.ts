// make bench-partitions: measures the share of a partitioned collection that a search reads, and its recall, for several
// distributions of vectors.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { embeddingDimensions } from "#core/ports/index.ts";
import { minVectors } from "#core/search/rebuild-partitions.ts";
import { main, step } from "#deployment/progress.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import type { Database } from "#postgres/database.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { sql } from "#postgres/sql.ts";
import { type TemporaryDatabase, temporaryDatabase } from "#tools/local/temporary-database.ts";
import { normal, seeded } from "#tools/random.ts";
import { fillWithVectors } from "../../contracts/bulk-items.ts";
import { realVectors, toUnitLength } from "../../support/real-vectors.ts";
import { vectorText } from "../../support/vector-text.ts";
import { demand, minDemand, report } from "../report.ts";
import { Collection } from "./collection.ts";
import { model, partitionLargeCollections, withoutTimeouts } from "./fill.ts";

const url = process.env.DATABASE_URL || null;
/** PGlite, without SIMD, takes minutes for as many. */
const rows = Number(process.env.ROWS || (url ? 20_000 : 8_000));
const queries = 40;
const topK = 10;
/** A search that reads more saves too little for what it may miss. */
const maxRead = 0.6;
const { min, max, perDeviation } = searchParameters.partitionProximity;
/** A partition is read if its lead over the mean is at least this share of the nearest centroid's. */
const shares: { title: string; minLead(deviations: number): number }[] = [
	...[0.05, min, max, 0.3, 0.5].map((share) => ({
		title: `at ${share}`,
		minLead: () => share,
	})),
	{
		title: "in force",
		minLead: (deviations) => Math.min(max, Math.max(min, (perDeviation / topK) * deviations)),
	},
];

interface Distribution {
	title: string;
	vector(): Float32Array;
	/** Users' images have topics: a distribution without any is shown, and no recall demanded of it. */
	extreme?: boolean;
}

const gauss = normal(seeded(6));
const random = seeded(7);
const noisy = (vector: Float32Array, length: number) => {
	const scale = length / Math.sqrt(vector.length);
	return toUnitLength(vector.map((x) => x + scale * gauss()));
};

/** Sums the directions, each of random length. */
function along(directions: Float32Array[], scale: number): Float32Array {
	const sum = new Float32Array(embeddingDimensions);
	for (const direction of directions) {
		const share = gauss() * scale;
		for (let i = 0; i < sum.length; i++) {
			sum[i] = (sum[i] ?? 0) + share * (direction[i] ?? 0);
		}
	}
	return sum;
}

function distributions(): Distribution[] {
	const collection = new Collection(1_500);
	const benchSearch = {
		title: "of bench-search, 200 topics",
		vector: () => collection.document("").vector,
	};
	const axes = Array.from({ length: 32 }, () => noisy(new Float32Array(embeddingDimensions), 1));
	const withoutTopics = {
		title: "in 32 dimensions, no topics",
		vector: () => noisy(along(axes, 1), Math.sqrt(32) * 0.3),
		extreme: true,
	};
	const real = realVectors();
	if (!real) return [benchSearch, withoutTopics];
	const mean = real[0]?.map(
		(_, i) => real.reduce((sum, vector) => sum + (vector[i] ?? 0), 0) / real.length,
	) as Float32Array;
	const deviations = real.map((vector) => vector.map((x, i) => x - (mean[i] ?? 0)));
	const spread = (around: Float32Array, scale: number) => {
		const away = along(deviations, scale / Math.sqrt(real.length - 1));
		return around.map((x, i) => x + (away[i] ?? 0));
	};
	const topics = Array.from({ length: 400 }, () => spread(mean, 1));
	return [
		benchSearch,
		{
			title: "as far apart as the real ones, 400 topics",
			vector: () => noisy(spread(topics[Math.floor(random() * topics.length)] ?? mean, 0.5), 0.2),
		},
		{
			title: "as far apart as the real ones, no topics",
			vector: () => noisy(spread(mean, 1), 0.2),
			extreme: true,
		},
		withoutTopics,
	];
}

interface Found {
	/** By `shares`: the share of vectors in the partitions read, and of the nearest ten that are in them. */
	byShare: { read: number; recall: number }[];
	/** Recall of whole searches, codes and comparison included. */
	unpartitioned: number;
	partitioned: number;
}

function measure(database: TemporaryDatabase, distribution: Distribution): Promise<Found> {
	return withClient(database.address, database.owner, (client) =>
		measureWith(database, withoutTimeouts(client), distribution),
	);
}

/** @param db without timeouts, for everything but the searches that are measured */
async function measureWith(database: TemporaryDatabase, db: Database, { title, vector }: Distribution): Promise<Found> {
	const userId = title;
	const stored = Array.from({ length: rows }, vector);
	const queryVectors = Array.from({ length: queries }, vector);
	await fillWithVectors(db, { userId, model }, stored);
	const nearest: string[][] = [];
	for (const query of queryVectors) {
		const exact = await db.query<{ item_id: string }>(
			sql`select item_id from embeddings where user_id = ${userId} and model = ${model}
			    order by embedding <=> ${vectorText(query)}::vector::halfvec(1024) limit ${topK}`,
		);
		nearest.push(exact.map(({ item_id }) => item_id));
	}
	const search = postgresSearch(database.application);
	const recall = async () => {
		let found = 0;
		for (const [at, query] of queryVectors.entries()) {
			const hits = await search.byVector(userId, { model, vector: query, minSimilarity: -1 }, { topK });
			const ids = new Set(hits.map(({ itemId }) => itemId));
			found += nearest[at]?.filter((id) => ids.has(id)).length ?? 0;
		}
		return found / (queries * topK);
	};
	const unpartitioned = await recall();
	if ((await partitionLargeCollections(database)) === 0) throw new Error(`"${title}" is not partitioned.`);
	const partitioned = await recall();
	const byShare = shares.map(() => ({ read: 0, recall: 0 }));
	for (const [at, query] of queryVectors.entries()) {
		const partitions = await db.query<{
			proximity: number;
			stored: number;
			found: number;
		}>(
			sql`select 1 - (centroid <=> ${vectorText(query)}::vector::halfvec(1024)) as proximity,
			      count(*)::int as stored, (count(*) filter (where item_id = any(${nearest[at]})))::int as found
			    from vector_partitions join embeddings using (user_id, model, partition)
			    where user_id = ${userId} and model = ${model}
			    group by partition, centroid`,
		);
		const assigned = partitions.reduce((sum, { stored }) => sum + stored, 0);
		if (assigned !== rows) throw new Error(`${assigned} of ${rows} vectors of "${title}" are in partitions.`);
		const best = Math.max(...partitions.map(({ proximity }) => proximity));
		const mean = partitions.reduce((sum, { proximity }) => sum + proximity, 0) / partitions.length;
		const deviation = Math.sqrt(
			partitions.reduce((sum, { proximity }) => sum + (proximity - mean) ** 2, 0) / partitions.length,
		);
		for (const [n, share] of shares.entries()) {
			const sums = byShare[n];
			if (!sums) continue;
			const demanded = share.minLead((best - mean) / deviation) * (best - mean);
			for (const partition of partitions) {
				if (partition.proximity < mean + demanded) continue;
				sums.read += partition.stored / rows / queries;
				sums.recall += partition.found / topK / queries;
			}
		}
	}
	await db.query("truncate items cascade");
	return { byShare, unpartitioned, partitioned };
}

await main(async () => {
	if (!(rows >= minVectors)) {
		throw new Error(
			`ROWS is "${process.env.ROWS}": give a number from ${minVectors}, since smaller collections are not partitioned.`,
		);
	}
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	const database = await temporaryDatabase(directory, url);
	try {
		const table: Record<string, string>[] = [];
		const demands = [];
		for (const distribution of distributions()) {
			const { title, extreme } = distribution;
			const found = await step(title, () => measure(database, distribution));
			table.push({
				[`${rows} vectors`]: title,
				...Object.fromEntries(
					found.byShare.map(({ read, recall }, n) => [
						shares[n]?.title,
						`${(100 * read).toFixed(0)} % ${recall.toFixed(3)}`,
					]),
				),
				"search, unpartitioned": found.unpartitioned.toFixed(3),
				partitioned: found.partitioned.toFixed(3),
			});
			if (extreme) continue;
			demands.push(
				demand(`share of vectors read in force, ${title}`, found.byShare.at(-1)?.read ?? Number.NaN, maxRead),
				minDemand(`recall@10 partitioned, ${title}`, found.partitioned, 0.99),
			);
		}
		report("partitions", table, demands, [
			`at: the lead that a centroid must have; the share of vectors in the partitions read, and of the nearest ten that are in them. In force: ${perDeviation / topK} for each standard deviation that the nearest stands out, ${min} to ${max}.`,
			"search: recall@10 of the whole search, by codes and comparison.",
		]);
		// The report's former name.
		copyFileSync("reports/bench-partitions.json", "reports/bench-cells.json");
	} finally {
		await database.drop();
		rmSync(directory, { recursive: true, force: true });
	}
});
