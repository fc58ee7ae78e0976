import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions } from "#core/ports/index.ts";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import type { Database } from "#postgres/database.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresSimilar } from "#postgres/search/similar.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { vectorText } from "../support/vector-text.ts";
import { fillWithVectors } from "./crowd.ts";
import { databaseKinds, type EmptyDatabase } from "./databases.ts";
import { newUser } from "./journey.ts";

const model = "test-model";
const topics = 12;
const perTopic = 25;
const vectors = topics * perTopic;

/** Numbers of chance from -1 to 1, the same for the same seed. */
function* noise(seed: number): Generator<number, never> {
	for (let state = seed >>> 0; ; ) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		yield state / 2 ** 31 - 1;
	}
}

const directions = Array.from({ length: topics }, (_, topic) => {
	const random = noise(topic + 1);
	return Float32Array.from(
		{ length: embeddingDimensions },
		() => random.next().value,
	);
});

/** Unit vectors around the direction of a topic; each its own. */
function aroundTopic(topic: number, at: number): Float32Array {
	const own = noise(1_000 + at * topics + topic);
	const vector = Float32Array.from(
		directions[topic] ?? [],
		(x) => x + 0.8 * own.next().value,
	);
	const length = Math.hypot(...vector);
	return vector.map((x) => x / length);
}

const ofTopic = (topic: number, from = 0) =>
	Array.from({ length: perTopic }, (_, at) => aroundTopic(topic, from + at));
const collection = () =>
	Array.from({ length: topics }, (_, topic) => ofTopic(topic)).flat();

for (const kind of databaseKinds) {
	describe.skipIf(kind.skip)(`vectors in cells on ${kind.title}`, () => {
		let empty: EmptyDatabase;
		let db: Database;
		let cells: ReturnType<typeof postgresVectorPartitions>;
		beforeAll(async () => {
			empty = await kind.createMigrated();
			db = empty.connect(4);
			cells = postgresVectorPartitions(db);
		});
		afterAll(() => empty?.drop());

		async function divided(): Promise<string> {
			const user = newUser();
			await fillWithVectors(db, { userId: user, model }, collection());
			await cells.divide(user, model, { cells: topics, vectors });
			while ((await cells.move(user, model, 100)) > 0);
			return user;
		}
		const find = async (user: string, vector: Float32Array, more = {}) => {
			const hits = await postgresSearch(db).byVector(
				user,
				{ model, vector, minSimilarity: -1 },
				{ topK: 10, ...more },
			);
			return hits.map(({ itemId }) => itemId);
		};
		const exactly = async (user: string, vector: Float32Array) => {
			const rows = await db.query<{ item_id: string }>(
				`select item_id from embeddings where user_id = $1 and model = $2
				 order by embedding <=> $3::vector::halfvec(1024), item_id limit 10`,
				[user, model, vectorText(vector)],
			);
			return rows.map(({ item_id }) => item_id);
		};
		const counts = async (user: string) => {
			const [row] = await db.query<Record<string, number>>(
				`select count(*) filter (where cell is null)::int as nowhere,
				   count(*) filter (where outdated_at is null and vector_cells.cell is not null)::int as placed,
				   count(*) filter (where outdated_at is not null)::int as outdated,
				   (select count(*)::int from vector_cells where user_id = $1) as cells
				 from embeddings left join vector_cells using (user_id, model, cell)
				 where embeddings.user_id = $1`,
				[user],
			);
			return row;
		};
		const grow = (user: string, more: Float32Array[]) =>
			fillWithVectors(db, { userId: user, model }, more);
		const wake = (deadline = new Date(Date.now() + 60_000)) =>
			rebuildPartitions(
				{ vectorPartitions: cells, clock: { now: () => new Date() } },
				{ deadline },
			);

		it("are found as if every one had been compared, topic by topic", async () => {
			const user = await divided();
			expect((await counts(user))?.placed).toBe(vectors);
			for (let topic = 0; topic < topics; topic++) {
				const asked = aroundTopic(topic, 1000);
				expect(await find(user, asked)).toEqual(await exactly(user, asked));
			}
		});

		it("lie in their rows, before and after they are divided", async () => {
			await divided();
			const [outOfLine] = await db.query<{ bytes: number }>(
				`select pg_relation_size(reltoastrelid)::int as bytes from pg_class
				 where oid = 'embeddings'::regclass`,
			);
			expect(outOfLine).toEqual({ bytes: 0 });
		});

		it("are found by what is like an item", async () => {
			const user = await divided();
			const asked = aroundTopic(3, 5);
			const [itemId = "", ...others] = await exactly(user, asked);
			const similar = await postgresSimilar(db).toItem(user, itemId, {
				model,
				topK: 9,
			});
			expect(similar?.items.map((item) => item.itemId)).toEqual(others);
		});

		it("that come later are found at once, and those that change are where they went", async () => {
			const user = await divided();
			await grow(user, [aroundTopic(5, 2000)]);
			const [added = ""] = await find(user, aroundTopic(5, 2000));
			expect(await counts(user)).toMatchObject({ nowhere: 1, placed: vectors });
			await cells.move(user, model, 10);
			expect(await counts(user)).toMatchObject({ nowhere: 0 });
			expect((await find(user, aroundTopic(5, 2000)))[0]).toBe(added);
			const cellOf = async () =>
				(
					await db.query<{ cell: number }>(
						"select cell from embeddings where user_id = $1 and item_id = $2",
						[user, added],
					)
				)[0]?.cell;
			expect(await cellOf()).not.toBeNull();
			const moved = aroundTopic(9, 3000);
			await db.query(
				"update embeddings set embedding = $3::vector::halfvec where user_id = $1 and item_id = $2",
				[user, added, vectorText(moved)],
			);
			expect(await cellOf()).toBeNull();
			expect((await find(user, moved))[0]).toBe(added);
			expect(await find(user, aroundTopic(5, 2000))).not.toContain(added);
		});

		it("of a category are found wherever they are", async () => {
			const user = await divided();
			await fillWithVectors(
				db,
				{ userId: user, model, category: "Food" },
				[1, 4, 8].map((topic) => aroundTopic(topic, 4000)),
			);
			const found = await find(user, aroundTopic(1, 1), { category: "Food" });
			expect(found).toHaveLength(3);
		});

		it("are all found while they move to another division, and afterwards", async () => {
			const user = await divided();
			const asked = Array.from({ length: topics }, (_, topic) =>
				aroundTopic(topic, 1000),
			);
			const wanted = await Promise.all(asked.map((one) => exactly(user, one)));
			await cells.divide(user, model, { cells: 2 * topics, vectors });
			for (let moved = 1; moved > 0; ) {
				for (const [at, one] of asked.entries()) {
					expect(await find(user, one)).toEqual(wanted[at]);
				}
				moved = await cells.move(user, model, 120);
			}
			expect(await counts(user)).toMatchObject({ nowhere: 0, outdated: 0 });
		});

		it("leave no cell behind in which nothing is, once none may be writing into it", async () => {
			const user = await divided();
			const before = (await counts(user))?.cells ?? 0;
			await cells.divide(user, model, { cells: topics, vectors });
			await cells.removeEmpty(user, model);
			expect((await counts(user))?.cells).toBeGreaterThan(before);
			await db.query(
				"update vector_cells set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
				[user],
			);
			await cells.removeEmpty(user, model);
			expect((await counts(user))?.outdated).toBe(vectors);
			while ((await cells.move(user, model, 500)) > 0);
			await cells.removeEmpty(user, model);
			expect(await counts(user)).toMatchObject({
				placed: vectors,
				outdated: 0,
			});
			const left = await db.query(
				"select from vector_cells where user_id = $1 and outdated_at is not null",
				[user],
			);
			expect(left).toEqual([]);
		});

		it("leave their cells empty for a while, since a slow write may still bring one there", async () => {
			const user = await divided();
			await cells.divide(user, model, { cells: topics, vectors });
			while ((await cells.move(user, model, 500)) > 0);
			const empties = async () =>
				(
					await db.query(
						"select from vector_cells where user_id = $1 and outdated_at is not null",
						[user],
					)
				).length;
			await cells.removeEmpty(user, model);
			expect(await empties()).toBeGreaterThan(1);
			await db.query(
				"update vector_cells set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
				[user],
			);
			await cells.removeEmpty(user, model);
			expect(await empties()).toBe(0);
		});

		it.skipIf(!kind.concurrent)(
			"do not wait for one that is being written",
			async () => {
				const user = await divided();
				await cells.divide(user, model, { cells: topics, vectors });
				await db.transaction(async (tx) => {
					await tx.query(
						"select from embeddings where user_id = $1 limit 1 for update",
						[user],
					);
					expect(await cells.move(user, model, 500)).toBe(vectors - 1);
				});
				expect(await cells.move(user, model, 500)).toBe(1);
			},
		);

		it("are never in a cell that another person has, or nobody", async () => {
			const [ada, bob] = [await divided(), await divided()];
			const [foreign] = await db.query<{ cell: number }>(
				"select cell from vector_cells where user_id = $1 limit 1",
				[bob],
			);
			for (const cell of [foreign?.cell, 2_000_000_000]) {
				await expect(
					db.query("update embeddings set cell = $2 where user_id = $1", [
						ada,
						cell,
					]),
				).rejects.toThrow("embeddings_are_in_a_cell_that_exists");
			}
			expect(await find(bob, aroundTopic(2, 0))).not.toEqual(
				await find(ada, aroundTopic(2, 0)),
			);
		});

		/** Asks along an axis for vectors whose cosines with it these are, each alone in a cell. @returns those that are found */
		async function readOf(cosines: number[], topK = 50): Promise<number[]> {
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
				`insert into vector_cells (user_id, model, centroid, made_for)
				 select user_id, model, embedding, $2 from embeddings where user_id = $1`,
				[user, cosines.length],
			);
			await cells.move(user, model, 500);
			const hits = await postgresSearch(db).byVector(
				user,
				{ model, vector: axis(0), minSimilarity: -1 },
				{ topK },
			);
			return hits.map(({ similarity }) => Number(similarity?.toFixed(2)));
		}

		it("are read the farther from the query the less the nearest cell stands out", async () => {
			// 8.8 standard deviations: nearer than usual by 0.18 of what the nearest is.
			const clear = [0.7, 0.14, 0.1, ...Array.from({ length: 80 }, () => 0)];
			expect(await readOf(clear, 10)).toEqual([0.7, 0.14]);
			// For more hits more cells: a tenth.
			expect(await readOf(clear, 20)).toEqual([0.7, 0.14, 0.1]);
			// 13.7, and a fifth is the most.
			const clearer = [
				0.7,
				0.15,
				0.13,
				...Array.from({ length: 200 }, () => 0),
			];
			expect(await readOf(clearer, 10)).toEqual([0.7, 0.15]);
			// 1.7, hence a tenth.
			const spread = Array.from({ length: 40 }, (_, n) => (0.7 * n) / 40);
			const farthest = Math.min(...(await readOf(spread)));
			// On average 0.341, at best 0.683.
			expect(farthest).toBeGreaterThan(0.375);
			expect(farthest).toBeLessThan(0.395);
		});

		it("are read where every cell is as near as every other", async () => {
			const equal = Array.from({ length: 30 }, () => 0.3);
			expect(await readOf(equal)).toHaveLength(30);
		});

		it("that are all the same share one cell", async () => {
			const user = newUser();
			await grow(
				user,
				Array.from({ length: 60 }, () => aroundTopic(1, 1)),
			);
			await cells.divide(user, model, { cells: 6, vectors: 60 });
			await cells.move(user, model, 500);
			expect(await counts(user)).toMatchObject({ placed: 60, cells: 1 });
			expect(await find(user, aroundTopic(1, 1))).toHaveLength(10);
		});

		it("are divided from 5,000 on, in as many sweeps as it takes, and as one collection grows or goes", async () => {
			const [small, large] = [newUser(), newUser()];
			const four = (times: number) =>
				Array.from({ length: times }, (_, n) =>
					Array.from({ length: topics }, (_, topic) =>
						ofTopic(topic, 5000 + n * perTopic),
					).flat(),
				).flat();
			await grow(small, collection());
			await grow(large, four(17));
			const all = 17 * vectors;
			const asked = aroundTopic(4, 1000);
			// Of a topic's many it matters little which: the codes alone decide.
			const nearest = new Set(await exactly(large, asked));
			const right = async () =>
				(await find(large, asked)).filter((id) => nearest.has(id)).length;
			const undivided = await right();
			expect(undivided).toBeGreaterThan(2);
			const started = Date.now();
			let looks = 0;
			// A clock that jumps past the deadline after the first two looks at it.
			const cutShort = await rebuildPartitions(
				{
					vectorPartitions: cells,
					clock: {
						now: () => new Date(started + (looks++ < 2 + 8 ? 0 : 60_000)),
					},
				},
				{ deadline: new Date(started + 1_000) },
			);
			expect(cutShort.moved).toBeLessThan(all);
			expect(await right()).toBeGreaterThanOrEqual(undivided);
			await wake();
			expect(await counts(small)).toMatchObject({ cells: 0, placed: 0 });
			expect(await counts(large)).toMatchObject({
				placed: all,
				nowhere: 0,
				outdated: 0,
			});
			expect((await counts(large))?.cells).toBeGreaterThan(topics);
			expect(await right()).toBeGreaterThanOrEqual(undivided);
			expect(await wake()).toEqual({ divided: 0, moved: 0 });

			const kept = [...nearest];
			const items = await db.query<{ id: string }>(
				"select id from items where user_id = $1 and id <> all($2)",
				[large, kept],
			);
			await db.query("delete from items where user_id = $1 and id = any($2)", [
				large,
				items.map(({ id }) => id),
			]);
			await wake();
			expect(await counts(large)).toMatchObject({ nowhere: 10, placed: 0 });
			// What is outdated is no division that could be outdated once more.
			expect((await wake()).divided).toBe(0);
			expect((await find(large, asked)).sort()).toEqual(kept.sort());
			for (const itemId of kept) {
				await postgresItems(db).delete(large, itemId);
			}
			await db.query(
				"update vector_cells set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
				[large],
			);
			await wake();
			const left = await db.query(
				"select from vector_cells where user_id = $1",
				[large],
			);
			expect(left).toEqual([]);
		}, 120_000);

		it.skipIf(!kind.concurrent)(
			"are in one division, though two began at once",
			async () => {
				const user = newUser();
				await grow(user, collection());
				const divide = () =>
					cells.divide(user, model, { cells: topics, vectors });
				await Promise.all([divide(), divide(), divide()]);
				const current = await db.query(
					"select from vector_cells where user_id = $1 and outdated_at is null",
					[user],
				);
				expect(current.length).toBeGreaterThan(1);
				expect(current.length).toBeLessThanOrEqual(topics);
			},
		);

		it.skipIf(!kind.concurrent)(
			"are all found though they are written while two divide",
			async () => {
				const user = newUser();
				await grow(user, collection());
				let writing = true;
				let cut = 0;
				const divide = async () => {
					while (writing) {
						await cells.divide(user, model, { cells: topics, vectors });
						await cells.move(user, model, 90);
						await db.query(
							"update vector_cells set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
							[user],
						);
						await cells.removeEmpty(user, model);
						cut += 1;
					}
				};
				const write = async () => {
					for (let n = 0; n < 40; n++) {
						await grow(user, [aroundTopic(n % topics, 7000 + n)]);
					}
					writing = false;
				};
				await Promise.all([write(), divide(), divide()]);
				expect(cut).toBeGreaterThan(1);
				while ((await cells.move(user, model, 500)) > 0);
				const lost = await db.query(
					`select from embeddings where user_id = $1 and cell is not null and not exists (
					   select from vector_cells where vector_cells.user_id = $1 and vector_cells.cell = embeddings.cell)`,
					[user],
				);
				expect(lost).toEqual([]);
				const [{ stored } = { stored: 0 }] = await db.query<{ stored: number }>(
					"select count(*)::int as stored from embeddings where user_id = $1",
					[user],
				);
				expect(stored).toBe(vectors + 40);
			},
		);
	});
}
