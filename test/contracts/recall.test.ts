import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embeddingDimensions } from "#core/ports.ts";
import type { Database } from "#postgres/database.ts";
import { postgresSearch } from "#postgres/search.ts";
import { vectorText } from "#postgres/text.ts";
import { databaseKinds, type EmptyDatabase } from "./databases.ts";

// Vectors of a real model (voyage-3.5-lite), as the predecessor's Chroma keeps them: float32 in its write-ahead queue.
const file = "../shared/legacy/chroma/chroma.sqlite3";
const isHere = existsSync(file);
const model = "voyage-3.5-lite";
const userId = "reader";
const topK = 10;

/** Far more than are reranked, else the codes would have nothing to get wrong. */
const betweenEachPair = [0.15, 0.35, 0.5] as const;

function realVectors(): Float32Array[] {
	const chroma = new DatabaseSync(file, { readOnly: true });
	const rows = chroma
		.prepare(
			"select vector from embeddings_queue where encoding = 'FLOAT32' order by seq_id",
		)
		.all() as { vector: Uint8Array }[];
	chroma.close();
	return rows.map(({ vector }) =>
		toUnitLength(new Float32Array(Uint8Array.from(vector).buffer)),
	);
}

/** The real vectors, and points on the way from each to each other: neighbours as close as a large collection's. */
function crowded(real: Float32Array[]): Float32Array[] {
	const between = real.flatMap((one, at) =>
		real
			.slice(at + 1)
			.flatMap((other) =>
				betweenEachPair.map((share) =>
					toUnitLength(
						one.map((x, i) => (1 - share) * x + share * (other[i] ?? 0)),
					),
				),
			),
	);
	return [...real, ...between];
}

function toUnitLength(vector: Float32Array): Float32Array {
	const length = Math.hypot(...vector);
	return vector.map((x) => x / length);
}

async function fill(db: Database, vectors: Float32Array[]): Promise<void> {
	for (let from = 0; from < vectors.length; from += 500) {
		const part = vectors.slice(from, from + 500).map(vectorText);
		await db.query(
			`with given as (
			   select gen_random_uuid() as item_id, gen_random_uuid() as analysis_id, vector from unnest($2::text[]) as vector
			 ), added_items as (
			   insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
			   select item_id, $1, 'shot.png', 'image/png', 1, 'recall' from given
			   returning id
			 ), added_analyses as (
			   insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
			   select analysis_id, item_id, $1, 1, 'Other', '{}', 'test', 'test' from given join added_items on id = item_id
			   returning id, item_id
			 ), added_documents as (
			   insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
			   select item_id, $1, id, 'Other', '', '', '', '' from added_analyses
			   returning item_id
			 )
			 insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
			 select item_id, $1, $3, analysis_id, 'Other', vector::vector::halfvec
			 from given join added_documents using (item_id)`,
			[userId, part, model],
		);
	}
}

for (const kind of databaseKinds) {
	const title = isHere
		? kind.title
		: `${kind.title} (skipped: ${file} is not here)`;
	describe.skipIf(kind.skip || !isHere)(`real vectors on ${title}`, () => {
		let empty: EmptyDatabase;
		let db: Database;
		let real: Float32Array[];
		let stored: number;

		beforeAll(async () => {
			empty = await kind.create();
			await empty.migrate();
			db = empty.connect(1);
			real = realVectors();
			const vectors = crowded(real);
			stored = vectors.length;
			await fill(db, vectors);
		});
		afterAll(() => empty?.drop());

		it("are found by their codes as by comparing every one", async () => {
			expect(real).toHaveLength(55);
			expect(real[0]).toHaveLength(embeddingDimensions);
			expect(stored).toBeGreaterThan(4_000);
			// The questions lie beside the stored vectors, as those of people do.
			const queries = real.map((one, at) =>
				toUnitLength(
					one.map((x, i) => x + 0.6 * (real[(at + 7) % 55]?.[i] ?? 0)),
				),
			);
			const search = postgresSearch(db);
			let found = 0;
			for (const vector of queries) {
				const exact = await db.query<{ item_id: string }>(
					`select item_id from embeddings where user_id = $1 and model = $2
					 order by embedding <=> $3::vector::halfvec(1024), item_id limit $4`,
					[userId, model, vectorText(vector), topK],
				);
				const hits = await search.byVector(
					userId,
					{ model, vector, minSimilarity: -1 },
					{ topK },
				);
				const ids = new Set(hits.map(({ itemId }) => itemId));
				found += exact.filter(({ item_id }) => ids.has(item_id)).length;
			}
			const recall = found / (queries.length * topK);
			console.log(`recall@10 of ${stored} real vectors: ${recall.toFixed(4)}`);
			expect(recall).toBeGreaterThanOrEqual(0.99);
		});
	});
}
