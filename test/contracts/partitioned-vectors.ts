import { embeddingDimensions } from "#core/ports/index.ts";
import type { Database } from "#postgres/database.ts";
import { postgresSearch } from "#postgres/search/search.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { vectorText } from "../support/vector-text.ts";
import { fillWithVectors } from "./bulk-items.ts";
import { newUser } from "./new-rows.ts";

export const model = "test-model";
export const topics = 12;
export const perTopic = 25;
export const vectors = topics * perTopic;

/** Yields random numbers from -1 to 1, the same for the same seed. */
function* noise(seed: number): Generator<number, never> {
	for (let state = seed >>> 0; ; ) {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		yield state / 2 ** 31 - 1;
	}
}

const directions = Array.from({ length: topics }, (_, topic) => {
	const random = noise(topic + 1);
	return Float32Array.from({ length: embeddingDimensions }, () => random.next().value);
});

/** Returns a unit vector near the direction of a topic, another for each `at`. */
export function aroundTopic(topic: number, at: number): Float32Array {
	const own = noise(1_000 + at * topics + topic);
	const vector = Float32Array.from(directions[topic] ?? [], (x) => x + 0.8 * own.next().value);
	const length = Math.hypot(...vector);
	return vector.map((x) => x / length);
}

export const topicVectors = (topic: number, from = 0) =>
	Array.from({ length: perTopic }, (_, at) => aroundTopic(topic, from + at));
export const collection = () => Array.from({ length: topics }, (_, topic) => topicVectors(topic)).flat();

/** Makes collections of vectors around topics, and looks into them. */
export function partitionedVectors(get: () => Database) {
	async function partitioned(): Promise<string> {
		const user = newUser();
		await fillWithVectors(get(), { userId: user, model }, collection());
		const partitions = postgresVectorPartitions(get());
		await partitions.rebuild(user, model, { partitions: topics, vectors });
		while ((await partitions.assign(user, model, 100)) > 0);
		return user;
	}
	const find = async (user: string, vector: Float32Array, more = {}) => {
		const hits = await postgresSearch(get()).byVector(
			user,
			{ model, vector, minSimilarity: -1 },
			{ topK: 10, ...more },
		);
		return hits.map(({ itemId }) => itemId);
	};
	const exactNearest = async (user: string, vector: Float32Array) => {
		const rows = await get().query<{ item_id: string }>(
			`select item_id from embeddings where user_id = $1 and model = $2
			 order by embedding <=> $3::vector::halfvec(1024), item_id limit 10`,
			[user, model, vectorText(vector)],
		);
		return rows.map(({ item_id }) => item_id);
	};
	const counts = async (user: string) => {
		const [row] = await get().query<Record<string, number>>(
			`select count(*) filter (where partition is null)::int as unassigned,
			   count(*) filter (where outdated_at is null and vector_partitions.partition is not null)::int as assigned,
			   count(*) filter (where outdated_at is not null)::int as outdated,
			   (select count(*)::int from vector_partitions where user_id = $1) as partitions
			 from embeddings left join vector_partitions using (user_id, model, partition)
			 where embeddings.user_id = $1`,
			[user],
		);
		return row;
	};
	const grow = (user: string, more: Float32Array[]) => fillWithVectors(get(), { userId: user, model }, more);
	return { partitioned, find, exactNearest, counts, grow };
}
