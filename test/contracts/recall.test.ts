import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions } from "#core/ports/index.ts";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import type { Database } from "#postgres/database.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { realVectorsFile as file, realVectors, toUnitLength } from "../support/real-vectors.ts";
import { vectorText } from "../support/vector-text.ts";
import { fillWithVectors } from "./crowd.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";

const model = "voyage-3.5-lite";
const isHere = realVectors() !== null;
const userId = "reader";
const topK = 10;

/** Far more than are reranked, else the codes would have nothing to get wrong. */
const betweenEachPair = [0.12, 0.25, 0.38, 0.5] as const;

/** The real vectors, and points on the way from each to each other: neighbours as close as a large collection's. */
function crowded(real: Float32Array[]): Float32Array[] {
	const between = real.flatMap((one, at) =>
		real
			.slice(at + 1)
			.flatMap((other) =>
				betweenEachPair.map((share) => toUnitLength(one.map((x, i) => (1 - share) * x + share * (other[i] ?? 0)))),
			),
	);
	return [...real, ...between];
}

const title = isHere ? contractDatabase.title : `${contractDatabase.title} (skipped: ${file} is not here)`;
describe.skipIf(!isHere)(`real vectors on ${title}`, () => {
	let empty: EmptyDatabase;
	let db: Database;
	let real: Float32Array[];
	let stored: number;

	beforeAll(async () => {
		empty = await contractDatabase.createMigrated();
		db = empty.connect(1);
		real = realVectors() ?? [];
		const vectors = crowded(real);
		stored = vectors.length;
		await fillWithVectors(db, { userId, model }, vectors);
	});
	afterAll(() => empty?.drop());

	/** Recall@10 of searches that lie beside the stored vectors, as those of people do. */
	async function recall(): Promise<number> {
		const queries = real.map((one, at) => toUnitLength(one.map((x, i) => x + 0.6 * (real[(at + 7) % 55]?.[i] ?? 0))));
		const search = postgresSearch(db);
		let found = 0;
		for (const vector of queries) {
			const exact = await db.query<{ item_id: string }>(
				`select item_id from embeddings where user_id = $1 and model = $2
				 order by embedding <=> $3::vector::halfvec(1024), item_id limit $4`,
				[userId, model, vectorText(vector), topK],
			);
			const hits = await search.byVector(userId, { model, vector, minSimilarity: -1 }, { topK });
			const ids = new Set(hits.map(({ itemId }) => itemId));
			found += exact.filter(({ item_id }) => ids.has(item_id)).length;
		}
		return found / (queries.length * topK);
	}

	it("are found by their codes as by comparing every one", async () => {
		expect(real).toHaveLength(55);
		expect(real[0]).toHaveLength(embeddingDimensions);
		expect(stored).toBeGreaterThan(5_000);
		const all = await recall();
		console.log(`recall@10 of ${stored} real vectors: ${all.toFixed(4)}`);
		expect(all).toBeGreaterThanOrEqual(0.99);
	});

	it("are found as well when they are partitioned", async () => {
		const report = await rebuildPartitions(
			{
				vectorPartitions: postgresVectorPartitions(db),
				clock: { now: () => new Date() },
			},
			{ deadline: new Date(Date.now() + 60_000) },
		);
		expect(report).toEqual({ rebuilt: 1, assigned: stored });
		const partitioned = await recall();
		console.log(`recall@10 of them in partitions: ${partitioned.toFixed(4)}`);
		expect(partitioned).toBeGreaterThanOrEqual(0.99);
	}, 120_000);
});
