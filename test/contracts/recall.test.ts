import { beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions } from "#core/ports/index.ts";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { sql } from "#postgres/sql.ts";
import { seeded } from "#tools/random.ts";
import { realVectorsFile as file, realVectors, toUnitLength } from "../support/real-vectors.ts";
import { vectorText } from "../support/vector-text.ts";
import { fillWithVectors } from "./bulk-items.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";

const model = "voyage-3.5-lite";
const hasVectors = realVectors() !== null;
const userId = "reader";
/** Has vectors that lie nowhere near each other. */
const stranger = "stranger";
const topK = 10;

/** Makes far more vectors than are reranked: otherwise the codes could miss none. */
const betweenEachPair = [0.12, 0.25, 0.38, 0.5] as const;

/** Returns the real vectors, and points between each pair: neighbours as close as a large collection's. */
function interpolated(real: Float32Array[]): Float32Array[] {
	const between = real.flatMap((from, at) =>
		real
			.slice(at + 1)
			.flatMap((to) =>
				betweenEachPair.map((share) => toUnitLength(from.map((x, i) => (1 - share) * x + share * (to[i] ?? 0)))),
			),
	);
	return [...real, ...between];
}

const db = (await migratedDatabase()).connect(1);
const title = hasVectors ? contractDatabase.title : `${contractDatabase.title} (skipped: ${file} does not exist)`;
describe.skipIf(!hasVectors)(`searches among real vectors on ${title}`, () => {
	let real: Float32Array[];
	let stored: number;

	beforeAll(async () => {
		real = realVectors() ?? [];
		const vectors = interpolated(real);
		stored = vectors.length;
		await fillWithVectors(db, { userId, model }, vectors);
	});

	/** Measures recall@10 of queries that lie beside the stored vectors, as those of people do. */
	async function recall(): Promise<number> {
		const queries = real.map((vector, at) =>
			toUnitLength(vector.map((x, i) => x + 0.6 * (real[(at + 7) % 55]?.[i] ?? 0))),
		);
		const search = postgresSearch(db);
		let found = 0;
		for (const vector of queries) {
			const exact = await db.query<{ item_id: string }>(
				sql`select item_id from embeddings where user_id = ${userId} and model = ${model}
				    order by embedding <=> ${vectorText(vector)}::vector::halfvec(1024), item_id limit ${topK}`,
			);
			const hits = await search.byVector(userId, { model, vector, minSimilarity: -1 }, { topK });
			const ids = new Set(hits.map(({ itemId }) => itemId));
			found += exact.filter(({ item_id }) => ids.has(item_id)).length;
		}
		return found / (queries.length * topK);
	}

	it("have a recall@10 of 0.99 by codes", async () => {
		expect(real).toHaveLength(55);
		expect(real[0]).toHaveLength(embeddingDimensions);
		expect(stored).toBeGreaterThan(5_000);
		const all = await recall();
		console.log(`recall@10 of ${stored} real vectors: ${all.toFixed(4)}`);
		expect(all).toBeGreaterThanOrEqual(0.99);
	});

	it("have a recall@10 of 0.99 by codes and partitions", async () => {
		const report = await rebuildPartitions(
			{
				vectorPartitions: postgresVectorPartitions(db),
				clock: { now: () => new Date() },
			},
			{ deadline: new Date(Date.now() + 60_000) },
		);
		expect(report).toEqual({ rebuilt: 1, assigned: stored });
		const partitioned = await recall();
		console.log(`recall@10 in partitions: ${partitioned.toFixed(4)}`);
		expect(partitioned).toBeGreaterThanOrEqual(0.99);
	}, 120_000);
});

describe(`searches among random vectors on ${contractDatabase.title}`, () => {
	it("have no strong hit unless one stands out from all, though only the nearest are compared", async () => {
		const number = seeded(1);
		const vectors = Array.from({ length: 610 }, () =>
			toUnitLength(Float32Array.from({ length: embeddingDimensions }, () => number() - 0.5)),
		);
		const stored = vectors.slice(10);
		await fillWithVectors(db, { userId: stranger, model }, stored);
		const search = postgresSearch(db);
		const strongFor = async (vector: Float32Array) =>
			(await search.byVector(stranger, { model, vector }, { topK })).filter(({ match }) => match === "strong").length;
		for (const query of vectors.slice(0, 10)) {
			expect(await strongFor(query)).toBe(0);
			expect(await strongFor(toUnitLength(query.map((x, i) => x + 0.5 * (stored[0]?.[i] ?? 0))))).toBe(1);
		}
	});
});
