import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { type Draft, ObjectFiles } from "./files.ts";

/** A CORS rule of a bucket. */
export interface CorsRule {
	allowedOrigins: string[];
	allowedMethods: string[];
	allowedHeaders?: string[];
	exposedHeaders?: string[];
	maxAgeSeconds?: number;
}

/** The event S3 sends to EventBridge for a new object. */
export interface ObjectCreated {
	bucket: string;
	key: string;
	size: number;
	etag: string;
	/** Null in an unversioned bucket. */
	versionId: string | null;
	requestId: string;
	/** Increases with every object of a key. */
	sequencer: string;
	reason: "PutObject" | "PostObject" | "CopyObject";
}

/** A version of an object, or a delete marker. */
export interface StoredObject {
	id: number;
	key: string;
	/** The string "null" in an unversioned bucket. */
	versionId: string;
	deleteMarker: boolean;
	/** Path of the bytes. */
	file: string;
	size: number;
	etag: string;
	/** Headers of a response: content type, metadata, checksums. */
	headers: Record<string, string>;
	/** Milliseconds since 1970. */
	modifiedAt: number;
	latest: boolean;
}

interface NewObject {
	bucket: string;
	key: string;
	bytes: Buffer | Draft;
	headers: Record<string, string>;
	requestId: string;
	reason: ObjectCreated["reason"];
	/** Fails if the key has an object. */
	onlyIfAbsent?: boolean;
}

interface Bucket {
	versioned: boolean;
	cors: CorsRule[];
}

const unversioned = "null";
const columns = `id, key, version_id as versionId, delete_marker as deleteMarker, file, size, etag, headers,
	modified_at as modifiedAt,
	id = (select max(id) from objects as newer where newer.bucket = objects.bucket and newer.key = objects.key) as latest`;

/** Stores buckets and objects as rows in SQLite; the bytes of an object are in a file with a random name. */
export class Buckets {
	readonly #state: State;
	readonly #onObjectCreated: (event: ObjectCreated) => void;
	readonly files: ObjectFiles;
	/** Buckets that notify EventBridge, from the templates of this start. */
	readonly #notifying = new Set<string>();

	constructor(
		state: State,
		hooks: {
			/**
			 * Runs for the objects of a bucket that notifies EventBridge,
			 * in the transaction that stores the object: if it throws, nothing is stored.
			 */
			onObjectCreated(event: ObjectCreated): void;
		},
	) {
		this.#state = state;
		this.#onObjectCreated = hooks.onObjectCreated;
		this.files = new ObjectFiles(join(state.dir, "s3"));
		state.db.exec(`
			create table if not exists buckets (
				name text primary key,
				versioned integer not null,
				cors text not null
			) strict;
			create table if not exists objects (
				id integer primary key autoincrement,
				bucket text not null references buckets (name),
				key text not null,
				version_id text not null,
				delete_marker integer not null,
				file text not null,
				size integer not null,
				etag text not null,
				headers text not null,
				modified_at integer not null
			) strict;
			create index if not exists objects_by_key on objects (bucket, key, id)`);
		const rows = state.sql("select file from objects").all();
		this.files.removeOrphans(new Set(rows.map(({ file }) => file)));
	}

	/** Creates the bucket or changes its settings. */
	ensure(name: string, options: { cors?: CorsRule[]; versioned: boolean; notifiesEventBridge?: boolean }): void {
		this.#state
			.sql(
				`insert into buckets (name, versioned, cors) values (?, ?, ?)
				on conflict (name) do update set versioned = excluded.versioned, cors = excluded.cors`,
			)
			.run(name, Number(options.versioned), JSON.stringify(options.cors ?? []));
		if (options.notifiesEventBridge) this.#notifying.add(name);
		else this.#notifying.delete(name);
	}

	notifiesEventBridge(bucket: string): boolean {
		return this.#notifying.has(bucket);
	}

	/** @throws AwsError `NoSuchBucket` */
	bucket(name: string): Bucket {
		const row = this.#state.sql("select versioned, cors from buckets where name = ?").get(name) as
			| { versioned: number; cors: string }
			| undefined;
		if (!row) {
			throw new AwsError("NoSuchBucket", `The specified bucket does not exist: ${name}`, 404);
		}
		return { versioned: row.versioned === 1, cors: JSON.parse(row.cors) };
	}

	async put(object: NewObject): Promise<StoredObject> {
		const { bucket, key, bytes } = object;
		const { versioned } = this.bucket(bucket);
		const { file, size, etag } = Buffer.isBuffer(bytes) ? await this.files.write([bytes]) : bytes;
		try {
			const { stored, replaced } = this.#state.transaction(() => {
				if (object.onlyIfAbsent && this.#current(bucket, key)) {
					throw new AwsError(
						"PreconditionFailed",
						"At least one of the pre-conditions you specified did not hold",
						412,
					);
				}
				const replaced = versioned ? [] : this.#remove(bucket, key, unversioned);
				const versionId = versioned ? newVersionId() : unversioned;
				const id = this.#insert({ ...object, versionId, file, size, etag });
				if (this.#notifying.has(bucket)) {
					this.#onObjectCreated({
						bucket,
						key,
						size,
						etag,
						versionId: versioned ? versionId : null,
						requestId: object.requestId,
						sequencer: id.toString(16).toUpperCase().padStart(16, "0"),
						reason: object.reason,
					});
				}
				const stored = this.find(bucket, key) as StoredObject;
				return { stored, replaced };
			});
			await this.files.remove(replaced);
			return stored;
		} catch (error) {
			await this.files.remove([file]);
			throw error;
		}
	}

	/** Finds the newest or the named version; it may be a delete marker. */
	find(bucket: string, key: string, versionId?: string): StoredObject | undefined {
		this.bucket(bucket);
		const row = versionId
			? this.#state
					.sql(`select ${columns} from objects where bucket = ? and key = ? and version_id = ?`)
					.get(bucket, key, versionId)
			: this.#state
					.sql(`select ${columns} from objects where bucket = ? and key = ? order by id desc limit 1`)
					.get(bucket, key);
		return row && this.#toStoredObject(row);
	}

	/** Iterates over every version of the keys with the prefix, from the key `from` in UTF-8 order, newest first within a key. */
	*list(
		bucket: string,
		{ prefix, from, olderThan = Number.MAX_SAFE_INTEGER }: { prefix: string; from: string; olderThan?: number },
	): Generator<StoredObject> {
		this.bucket(bucket);
		// A cached statement would share its cursor between two listings at once.
		const rows = this.#state.db
			.prepare(
				`select ${columns} from objects
				where bucket = ? and key >= ? and substr(key, 1, length(?)) = ? and key >= ?
					and (key > ? or id < ?)
				order by key, id desc`,
			)
			.iterate(bucket, prefix, prefix, prefix, from, from, olderThan);
		for (const row of rows) yield this.#toStoredObject(row);
	}

	/** Deletes a version, or, in a versioned bucket without `versionId`, adds a delete marker. */
	async delete(
		bucket: string,
		key: string,
		versionId?: string,
	): Promise<{ versionId: string | null; deleteMarker: boolean }> {
		const { versioned } = this.bucket(bucket);
		if (versioned && versionId === undefined) {
			const marker = newVersionId();
			this.#insert({
				bucket,
				key,
				headers: {},
				versionId: marker,
				file: "",
				size: 0,
				etag: "",
				deleteMarker: true,
			});
			return { versionId: marker, deleteMarker: true };
		}
		const removed = this.find(bucket, key, versionId);
		await this.files.remove(this.#remove(bucket, key, versionId ?? unversioned));
		return {
			versionId: versioned ? (versionId ?? null) : null,
			deleteMarker: removed?.deleteMarker ?? false,
		};
	}

	#current(bucket: string, key: string): StoredObject | undefined {
		const object = this.find(bucket, key);
		return object?.deleteMarker ? undefined : object;
	}

	#insert(
		object: Pick<NewObject, "bucket" | "key" | "headers"> & Draft & { versionId: string; deleteMarker?: boolean },
	): number {
		const { lastInsertRowid } = this.#state
			.sql(
				`insert into objects (bucket, key, version_id, delete_marker, file, size, etag, headers, modified_at)
				values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			)
			.run(
				object.bucket,
				object.key,
				object.versionId,
				Number(object.deleteMarker ?? false),
				object.file,
				object.size,
				object.etag,
				JSON.stringify(object.headers),
				this.#state.now(),
			);
		return Number(lastInsertRowid);
	}

	/** Deletes the rows of a version. @returns their files, which nothing refers to any more */
	#remove(bucket: string, key: string, versionId: string): string[] {
		const rows = this.#state
			.sql("delete from objects where bucket = ? and key = ? and version_id = ? returning file")
			.all(bucket, key, versionId) as { file: string }[];
		return rows.map((row) => row.file).filter((file) => file);
	}

	#toStoredObject(row: Record<string, unknown>): StoredObject {
		return {
			...row,
			file: this.files.path(row.file as string),
			deleteMarker: row.deleteMarker === 1,
			latest: row.latest === 1,
			headers: JSON.parse(row.headers as string),
		} as StoredObject;
	}
}

function newVersionId(): string {
	return randomBytes(24).toString("base64url");
}
