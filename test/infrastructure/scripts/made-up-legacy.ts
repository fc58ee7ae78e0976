import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import sharp from "sharp";

/** Writes a small source as the predecessor left it: pictures, two analyses of each, and their vectors in Chroma's queue. */
export async function madeUpLegacy(folder: string, count: number): Promise<string[]> {
	mkdirSync(path.join(folder, "images"), { recursive: true });
	mkdirSync(path.join(folder, "chroma"));
	const legacy = new DatabaseSync(path.join(folder, "collections.db"));
	legacy.exec(`create table items (id text primary key, filename text, original_filename text, file_path text, created_at text, updated_at text);
		create table analyses (id text primary key, item_id text, version integer, raw_response text, provider_used text, model_used text, trace_id text, created_at text);
		create table embeddings (id text primary key, item_id text, analysis_id text, embedding_model text)`);
	const chroma = new DatabaseSync(path.join(folder, "chroma/chroma.sqlite3"));
	chroma.exec(`create table collections (id text, name text, dimension integer);
		create table segments (id text, collection text, scope text);
		create table embeddings (id integer primary key, segment_id text, embedding_id text, created_at text);
		create table embedding_metadata (id integer, key text, string_value text, int_value integer, float_value real, bool_value integer);
		create table embeddings_queue (seq_id integer primary key, operation integer, topic text, id text, vector blob, encoding text);
		insert into collections values ('c', 'vectors', 1024);
		insert into segments values ('v', 'c', 'VECTOR'), ('m', 'c', 'METADATA')`);
	const ids: string[] = [];
	for (let n = 0; n < count; n++) {
		const id = randomUUID();
		ids.push(id);
		const picture = sharp({
			create: { width: 40, height: 30 + n, channels: 3, background: { r: 80 * n, g: 90, b: 20 } },
		});
		await picture.jpeg().toFile(path.join(folder, "images", `${id}.jpg`));
		legacy
			.prepare("insert into items values (?, ?, ?, ?, ?, ?)")
			.run(
				id,
				`${id}.jpg`,
				`photo ${n}.jpg`,
				`./${id}.jpg`,
				`2025-01-0${n + 1}T10:00:00.123456`,
				`2025-01-0${n + 1}T11:00:00.5`,
			);
		for (const version of [1, 2]) {
			const description = {
				category: "Travel",
				headline: `Harbour ${n}`,
				summary: `Version ${version}`,
				image_details: {},
				media_metadata: {},
			};
			const answer = version === 1 ? { name: "tool", data: description } : description;
			legacy
				.prepare("insert into analyses values (?, ?, ?, ?, 'openai', 'gpt-4o', null, '2025-01-01T10:00:01')")
				.run(randomUUID(), id, version, JSON.stringify(answer));
		}
		const vector = new Uint8Array(Float32Array.from({ length: 1024 }, (_, at) => Math.cos(n + at / 9)).buffer);
		chroma.prepare("insert into embeddings values (?, 'm', ?, '2025-01-03 10:00:00')").run(n, `record-${n}`);
		chroma.prepare("insert into embedding_metadata values (?, 'item_id', ?, null, null, null)").run(n, id);
		chroma
			.prepare("insert into embeddings_queue values (?, 2, 'persistent://default/default/c', ?, ?, 'FLOAT32')")
			.run(n + 1, `record-${n}`, vector);
	}
	legacy.close();
	chroma.close();
	return ids;
}
