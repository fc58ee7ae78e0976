import { describe, expect, it } from "vitest";
import { embeddingDimensions } from "#core/ports/index.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresSimilar } from "#postgres/search/similar.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { vectorText } from "../support/vector-text.ts";
import { fillWithVectors } from "./bulk-items.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { newUser } from "./new-rows.ts";
import { aroundTopic, model, partitionedVectors, topics, vectors } from "./partitioned-vectors.ts";

const db = (await migratedDatabase()).connect(4);
const partitions = postgresVectorPartitions(db);

describe(`vectors in partitions on ${contractDatabase.title}`, () => {
	const { partitioned, find, exactNearest, counts, grow } = partitionedVectors(() => db);

	it("are found as exactly as by comparing all, topic by topic", async () => {
		const user = await partitioned();
		expect((await counts(user))?.assigned).toBe(vectors);
		for (let topic = 0; topic < topics; topic++) {
			const query = aroundTopic(topic, 1000);
			expect(await find(user, query)).toEqual(await exactNearest(user, query));
		}
	});

	it("are found by similarity to an item", async () => {
		const user = await partitioned();
		const [itemId = "", ...others] = await exactNearest(user, aroundTopic(3, 5));
		const similar = await postgresSimilar(db).toItem(user, itemId, {
			model,
			topK: 9,
		});
		expect(similar?.items.map((item) => item.itemId)).toEqual(others);
	});

	it("are found at once when they are added, and at their new place when they change", async () => {
		const user = await partitioned();
		await grow(user, [aroundTopic(5, 2000)]);
		const [added = ""] = await find(user, aroundTopic(5, 2000));
		expect(await counts(user)).toMatchObject({
			unassigned: 1,
			assigned: vectors,
		});
		await partitions.assign(user, model, 10);
		expect(await counts(user)).toMatchObject({ unassigned: 0 });
		expect((await find(user, aroundTopic(5, 2000)))[0]).toBe(added);
		const partitionOf = async () =>
			(
				await db.query<{ partition: number }>("select partition from embeddings where user_id = $1 and item_id = $2", [
					user,
					added,
				])
			)[0]?.partition;
		expect(await partitionOf()).not.toBeNull();
		const moved = aroundTopic(9, 3000);
		await db.query("update embeddings set embedding = $3::vector::halfvec where user_id = $1 and item_id = $2", [
			user,
			added,
			vectorText(moved),
		]);
		expect(await partitionOf()).toBeNull();
		expect((await find(user, moved))[0]).toBe(added);
		expect(await find(user, aroundTopic(5, 2000))).not.toContain(added);
	});

	it("of a category are found in every partition", async () => {
		const user = await partitioned();
		await fillWithVectors(
			db,
			{ userId: user, model, category: "Food" },
			[1, 4, 8].map((topic) => aroundTopic(topic, 4000)),
		);
		const found = await find(user, aroundTopic(1, 1), { category: "Food" });
		expect(found).toHaveLength(3);
	});

	it("are all found while they move to other partitions", async () => {
		const user = await partitioned();
		const queries = Array.from({ length: topics }, (_, topic) => aroundTopic(topic, 1000));
		const expected = await Promise.all(queries.map((query) => exactNearest(user, query)));
		await partitions.rebuild(user, model, {
			partitions: 2 * topics,
			vectors,
		});
		for (let moved = 1; moved > 0; ) {
			for (const [at, query] of queries.entries()) {
				expect(await find(user, query)).toEqual(expected[at]);
			}
			moved = await partitions.assign(user, model, 120);
		}
		expect(await counts(user)).toMatchObject({ unassigned: 0, outdated: 0 });
	});

	/** Stores vectors with these cosines to an axis, each alone in a partition, and searches along it. @returns the cosines found */
	async function cosinesFound(cosines: number[], topK = 50): Promise<number[]> {
		const user = newUser();
		const axis = (at: number) => {
			const vector = new Float32Array(embeddingDimensions);
			vector[at] = 1;
			return vector;
		};
		const stored = cosines.map((cosine, at) => {
			const vector = axis(at + 1);
			vector[at + 1] = Math.sqrt(1 - cosine ** 2);
			vector[0] = cosine;
			return vector;
		});
		await fillWithVectors(db, { userId: user, model }, stored);
		await db.query(
			`insert into vector_partitions (user_id, model, centroid, built_for)
			 select user_id, model, embedding, $2 from embeddings where user_id = $1`,
			[user, cosines.length],
		);
		await partitions.assign(user, model, 500);
		const hits = await postgresSearch(db).byVector(user, { model, vector: axis(0), minSimilarity: -1 }, { topK });
		return hits.map(({ similarity }) => Number(similarity?.toFixed(2)));
	}

	it("are read farther from the query the less the nearest partition stands out", async () => {
		// 8.8 standard deviations: nearer than the mean by 0.18 of what the nearest is.
		const clear = [0.7, 0.14, 0.1, ...Array.from({ length: 80 }, () => 0)];
		expect(await cosinesFound(clear, 10)).toEqual([0.7, 0.14]);
		// For more hits more partitions: a tenth.
		expect(await cosinesFound(clear, 20)).toEqual([0.7, 0.14, 0.1]);
		// 13.7, and a fifth is the most.
		const clearer = [0.7, 0.15, 0.13, ...Array.from({ length: 200 }, () => 0)];
		expect(await cosinesFound(clearer, 10)).toEqual([0.7, 0.15]);
		// 1.7, hence a tenth.
		const spread = Array.from({ length: 40 }, (_, n) => (0.7 * n) / 40);
		const farthest = Math.min(...(await cosinesFound(spread)));
		// On average 0.341, at best 0.683.
		expect(farthest).toBeGreaterThan(0.375);
		expect(farthest).toBeLessThan(0.395);
	});

	it("are read where all partitions are equally near", async () => {
		const equal = Array.from({ length: 30 }, () => 0.3);
		expect(await cosinesFound(equal)).toHaveLength(30);
	});
});
