import { describe, expect, it } from "vitest";
import { rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import { postgresItems } from "#postgres/items/items.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { newUser } from "./new-rows.ts";
import {
	aroundTopic,
	collection,
	model,
	partitionedVectors,
	perTopic,
	topics,
	topicVectors,
	vectors,
} from "./partitioned-vectors.ts";

const db = (await migratedDatabase()).connect(4);
const partitions = postgresVectorPartitions(db);

describe(`partitioned vectors on ${contractDatabase.title}`, () => {
	const { partitioned, find, exactNearest, counts, grow } = partitionedVectors(() => db);
	const sweep = (deadline = new Date(Date.now() + 60_000)) =>
		rebuildPartitions({ vectorPartitions: partitions, clock: { now: () => new Date() } }, { deadline });

	it("are stored inline, before and after they are partitioned", async () => {
		await partitioned();
		const [outOfLine] = await db.query<{ bytes: number }>(
			`select pg_relation_size(reltoastrelid)::int as bytes from pg_class
			 where oid = 'embeddings'::regclass`,
		);
		expect(outOfLine).toEqual({ bytes: 0 });
	});

	it("leave no empty partition once no write can still assign to it", async () => {
		const user = await partitioned();
		const before = (await counts(user))?.partitions ?? 0;
		await partitions.rebuild(user, model, { partitions: topics, vectors });
		await partitions.removeEmpty(user, model);
		expect((await counts(user))?.partitions).toBeGreaterThan(before);
		await db.query(
			"update vector_partitions set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
			[user],
		);
		await partitions.removeEmpty(user, model);
		expect((await counts(user))?.outdated).toBe(vectors);
		while ((await partitions.assign(user, model, 500)) > 0);
		await partitions.removeEmpty(user, model);
		expect(await counts(user)).toMatchObject({
			assigned: vectors,
			outdated: 0,
		});
		const left = await db.query("select from vector_partitions where user_id = $1 and outdated_at is not null", [user]);
		expect(left).toEqual([]);
	});

	it("leave empty partitions for ten minutes, since a slow write may still assign to them", async () => {
		const user = await partitioned();
		await partitions.rebuild(user, model, { partitions: topics, vectors });
		while ((await partitions.assign(user, model, 500)) > 0);
		const empties = async () =>
			(await db.query("select from vector_partitions where user_id = $1 and outdated_at is not null", [user])).length;
		await partitions.removeEmpty(user, model);
		expect(await empties()).toBeGreaterThan(1);
		await db.query(
			"update vector_partitions set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
			[user],
		);
		await partitions.removeEmpty(user, model);
		expect(await empties()).toBe(0);
	});

	it.skipIf(!contractDatabase.concurrent)("are assigned without waiting for one that is being written", async () => {
		const user = await partitioned();
		await partitions.rebuild(user, model, { partitions: topics, vectors });
		await db.transaction(async (tx) => {
			await tx.query("select from embeddings where user_id = $1 limit 1 for update", [user]);
			expect(await partitions.assign(user, model, 500)).toBe(vectors - 1);
		});
		expect(await partitions.assign(user, model, 500)).toBe(1);
	});

	it("cannot be in a partition of another user, or in none that exists", async () => {
		const [ada, bob] = [await partitioned(), await partitioned()];
		const [foreign] = await db.query<{ partition: number }>(
			"select partition from vector_partitions where user_id = $1 limit 1",
			[bob],
		);
		for (const partition of [foreign?.partition, 2_000_000_000]) {
			await expect(
				db.query("update embeddings set partition = $2 where user_id = $1", [ada, partition]),
			).rejects.toThrow("embeddings_are_in_a_partition_that_exists");
		}
		expect(await find(bob, aroundTopic(2, 0))).not.toEqual(await find(ada, aroundTopic(2, 0)));
	});

	it("can be partitioned and found under the former names", async () => {
		const user = newUser();
		await grow(user, collection());
		const queryFormerNames = (statement: string) => db.query(statement, [user, model]);
		await queryFormerNames(
			`insert into vector_cells (user_id, model, centroid, made_for)
			 select user_id, model, embedding, 300 from embeddings where user_id = $1 and model = $2 limit 4`,
		);
		await queryFormerNames(
			`update embeddings set cell = (
			   select cell from vector_cells where user_id = $1 and model = $2 and outdated_at is null
			   order by centroid <=> embedding limit 1)
			 where user_id = $1 and model = $2`,
		);
		expect(await counts(user)).toMatchObject({
			assigned: vectors,
			partitions: 4,
		});
		await queryFormerNames("update vector_cells set outdated_at = clock_timestamp() where user_id = $1 and model = $2");
		await partitions.rebuild(user, model, { partitions: topics, vectors });
		await partitions.assign(user, model, vectors);
		expect(
			await queryFormerNames(
				`select count(*)::int as found from embeddings join vector_cells using (user_id, model, cell)
				 where user_id = $1 and model = $2 and outdated_at is null`,
			),
		).toEqual([{ found: vectors }]);
		await queryFormerNames("delete from vector_cells where user_id = $1 and model = $2 and outdated_at is not null");
		expect(await counts(user)).toMatchObject({
			assigned: vectors,
			outdated: 0,
		});
		await queryFormerNames("update embeddings set embedding = embedding where user_id = $1 and model = $2");
		expect(
			await queryFormerNames(
				`select count(cell)::int as cells, count(partition)::int as partitions
				 from embeddings where user_id = $1 and model = $2`,
			),
		).toEqual([{ cells: 0, partitions: 0 }]);
	});

	it("share one partition if they are all the same", async () => {
		const user = newUser();
		await grow(
			user,
			Array.from({ length: 60 }, () => aroundTopic(1, 1)),
		);
		await partitions.rebuild(user, model, { partitions: 6, vectors: 60 });
		await partitions.assign(user, model, 500);
		expect(await counts(user)).toMatchObject({ assigned: 60, partitions: 1 });
		expect(await find(user, aroundTopic(1, 1))).toHaveLength(10);
	});

	it("are partitioned from 5,000 on, over several sweeps, and again when the collection shrinks", async () => {
		const [small, large] = [newUser(), newUser()];
		const manyVectors = (times: number) =>
			Array.from({ length: times }, (_, n) =>
				Array.from({ length: topics }, (_, topic) => topicVectors(topic, 5000 + n * perTopic)).flat(),
			).flat();
		await grow(small, collection());
		await grow(large, manyVectors(17));
		const all = 17 * vectors;
		const query = aroundTopic(4, 1000);
		// A topic has many near vectors: the codes decide which of them are found.
		const nearest = new Set(await exactNearest(large, query));
		const nearestFound = async () => (await find(large, query)).filter((id) => nearest.has(id)).length;
		const unpartitioned = await nearestFound();
		expect(unpartitioned).toBeGreaterThan(2);
		const started = Date.now();
		let clockReads = 0;
		// The clock jumps past the deadline after ten reads.
		const cutShort = await rebuildPartitions(
			{
				vectorPartitions: partitions,
				clock: {
					now: () => new Date(started + (clockReads++ < 2 + 8 ? 0 : 60_000)),
				},
			},
			{ deadline: new Date(started + 1_000) },
		);
		expect(cutShort.assigned).toBeLessThan(all);
		expect(await nearestFound()).toBeGreaterThanOrEqual(unpartitioned);
		await sweep();
		expect(await counts(small)).toMatchObject({ partitions: 0, assigned: 0 });
		expect(await counts(large)).toMatchObject({
			assigned: all,
			unassigned: 0,
			outdated: 0,
		});
		expect((await counts(large))?.partitions).toBeGreaterThan(topics);
		expect(await nearestFound()).toBeGreaterThanOrEqual(unpartitioned);
		expect(await sweep()).toEqual({ rebuilt: 0, assigned: 0 });

		const remaining = [...nearest];
		const items = await db.query<{ id: string }>("select id from items where user_id = $1 and id <> all($2)", [
			large,
			remaining,
		]);
		// In batches: on a busy machine one statement takes longer than its timeout.
		for (let from = 0; from < items.length; from += 500) {
			await db.query("delete from items where user_id = $1 and id = any($2)", [
				large,
				items.slice(from, from + 500).map(({ id }) => id),
			]);
		}
		await sweep();
		expect(await counts(large)).toMatchObject({
			unassigned: 10,
			assigned: 0,
		});
		// Outdated partitions do not cause another rebuild.
		expect((await sweep()).rebuilt).toBe(0);
		expect((await find(large, query)).sort()).toEqual(remaining.sort());
		for (const itemId of remaining) {
			await postgresItems(db).delete(large, itemId);
		}
		await db.query(
			"update vector_partitions set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
			[large],
		);
		await sweep();
		const left = await db.query("select from vector_partitions where user_id = $1", [large]);
		expect(left).toEqual([]);
	}, 120_000);

	it.skipIf(!contractDatabase.concurrent)("have one set of partitions after three concurrent rebuilds", async () => {
		const user = newUser();
		await grow(user, collection());
		const rebuild = () => partitions.rebuild(user, model, { partitions: topics, vectors });
		await Promise.all([rebuild(), rebuild(), rebuild()]);
		const current = await db.query("select from vector_partitions where user_id = $1 and outdated_at is null", [user]);
		expect(current.length).toBeGreaterThan(1);
		expect(current.length).toBeLessThanOrEqual(topics);
	});

	it.skipIf(!contractDatabase.concurrent)(
		"lose neither rows nor partitions while two rebuilds and writes run concurrently",
		async () => {
			const user = newUser();
			await grow(user, collection());
			let writing = true;
			let rebuilds = 0;
			const rebuild = async () => {
				while (writing) {
					await partitions.rebuild(user, model, {
						partitions: topics,
						vectors,
					});
					await partitions.assign(user, model, 90);
					await db.query(
						"update vector_partitions set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
						[user],
					);
					await partitions.removeEmpty(user, model);
					rebuilds += 1;
				}
			};
			const write = async () => {
				for (let n = 0; n < 40; n++) {
					await grow(user, [aroundTopic(n % topics, 7000 + n)]);
				}
				writing = false;
			};
			await Promise.all([write(), rebuild(), rebuild()]);
			expect(rebuilds).toBeGreaterThan(1);
			while ((await partitions.assign(user, model, 500)) > 0);
			const lost = await db.query(
				`select from embeddings where user_id = $1 and partition is not null and not exists (
				   select from vector_partitions where vector_partitions.user_id = $1 and vector_partitions.partition = embeddings.partition)`,
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
