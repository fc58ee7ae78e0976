import type { State } from "../../state.ts";
import { ClientTokens } from "./client-tokens.ts";
import { DynamoDbError, validation } from "./errors.ts";
import { indexKey, type KeyNames, keyOf, sameKey } from "./keys.ts";
import { type Position, type ReadRange, readStatement } from "./read-statement.ts";
import { type Item, itemSize, type Value } from "./values.ts";

interface TableDefinition {
	key: KeyNames;
	/** Global secondary indexes by name; each projects all attributes. */
	indexes: Readonly<Record<string, KeyNames>>;
	/** Attribute with the expiry time of an item, in seconds since 1970. */
	timeToLive: string | null;
}

export interface Table extends TableDefinition {
	name: string;
	arn: string;
	createdAt: number;
}

interface StoredItem {
	position: Position;
	item: Item;
	size: number;
}

const maxItemBytes = 400 * 1024;
/** AWS deletes expired items within days. One hour exposes code that forgets to filter them. */
const removalDelaySeconds = 60 * 60;
/** Like AWS, keeps an item whose expiry is further in the past than five years. */
const maxExpiryAgeSeconds = 5 * 365 * 24 * 60 * 60;

const nameIn = (nameOrArn: string) => nameOrArn.replace(/^arn:[^/]*:table\//, "");

/** Stores tables. An item has one row under its primary key and one in each index whose attributes it has. */
export class Tables {
	readonly clientTokens: ClientTokens;
	readonly #state: State;
	readonly #tables = new Map<string, Table>();

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists dynamodb_tables (
				name text primary key,
				definition text not null,
				created_at integer not null
			) strict;
			create table if not exists dynamodb_items (
				table_name text not null,
				pk text not null,
				sk text not null,
				item text not null,
				size integer not null,
				expires_at integer,
				primary key (table_name, pk, sk)
			) strict, without rowid;
			create index if not exists dynamodb_items_by_expiry on dynamodb_items (table_name, expires_at)
				where expires_at is not null;
			create table if not exists dynamodb_places (
				table_name text not null,
				index_name text not null,
				hash text not null,
				range text not null,
				pk text not null,
				sk text not null,
				primary key (table_name, index_name, hash, range, pk, sk)
			) strict, without rowid`);
		this.clientTokens = new ClientTokens(state);
	}

	/** Creates the table or changes its indexes. @throws if its key would change */
	ensure(name: string, definition: TableDefinition): Table {
		const existing = this.#state
			.sql("select definition, created_at as createdAt from dynamodb_tables where name = ?")
			.get(name) as { definition: string; createdAt: number } | undefined;
		const before = existing && (JSON.parse(existing.definition) as TableDefinition);
		if (before && !sameKey(before.key, definition.key)) {
			throw new Error(
				`table ${name} exists with the key ${before.key.hash}, ${before.key.range}: a key cannot change, delete the state folder to start empty`,
			);
		}
		const table: Table = {
			...definition,
			name,
			arn: this.arn(name),
			createdAt: existing?.createdAt ?? this.#state.now(),
		};
		this.#tables.set(name, table);
		const text = JSON.stringify(definition);
		if (existing?.definition === text) return table;
		this.#state.transaction(() => {
			this.#state.sql("insert or replace into dynamodb_tables values (?, ?, ?)").run(name, text, table.createdAt);
			this.#state.sql("delete from dynamodb_places where table_name = ?").run(name);
			const rows = this.#state.sql("select item from dynamodb_items where table_name = ?").all(name) as {
				item: string;
			}[];
			for (const { item } of rows) this.put(table, JSON.parse(item));
		});
		return table;
	}

	/** Returns the ARN for a name or ARN, even if there is no such table. */
	arn(nameOrArn: string): string {
		return this.#state.arn("dynamodb", `table/${nameIn(nameOrArn)}`);
	}

	/** Finds a table by name or ARN. @throws AwsError `ResourceNotFoundException` */
	table(nameOrArn: string): Table {
		const table = this.#tables.get(nameIn(nameOrArn));
		if (!table) {
			throw new DynamoDbError("ResourceNotFoundException", "Requested resource not found");
		}
		return table;
	}

	/** Returns the name of a table's partition key; undefined where there is no such table. */
	hashKey(nameOrArn: string): string | undefined {
		return this.#tables.get(nameIn(nameOrArn))?.key.hash;
	}

	/** Commits everything `run` writes, or nothing if it throws. */
	transaction<T>(run: () => T): T {
		return this.#state.transaction(run);
	}

	get(table: Table, key: Item): Item | undefined {
		const { pk, sk } = keyOf(table, key);
		const row = this.#state
			.sql("select item from dynamodb_items where table_name = ? and pk = ? and sk = ?")
			.get(table.name, pk, sk) as { item: string } | undefined;
		return row && JSON.parse(row.item);
	}

	/** @throws AwsError `ValidationException` if a key or the size is invalid */
	put(table: Table, item: Item): void {
		const { pk, sk } = keyOf(table, item);
		const indexKeys = Object.entries(table.indexes).flatMap(([index, names]) => {
			const key = indexKey(item, index, names);
			return key ? [{ index, ...key }] : [];
		});
		const size = itemSize(item);
		if (size > maxItemBytes) {
			throw validation("Item size has exceeded the maximum allowed size");
		}
		const expiry = table.timeToLive ? item[table.timeToLive] : undefined;
		this.#state.transaction(() => {
			this.#deleteIndexRows(table, pk, sk);
			this.#state
				.sql("insert or replace into dynamodb_items values (?, ?, ?, ?, ?, ?)")
				.run(
					table.name,
					pk,
					sk,
					JSON.stringify(item),
					size,
					expiry && "N" in expiry ? Math.trunc(Number(expiry.N)) : null,
				);
			for (const { index, hash, range } of indexKeys) {
				this.#state
					.sql("insert into dynamodb_places values (?, ?, ?, ?, ?, ?)")
					.run(table.name, index, hash, range, pk, sk);
			}
		});
	}

	delete(table: Table, key: Item): void {
		const { pk, sk } = keyOf(table, key);
		this.#state.transaction(() => {
			this.#deleteIndexRows(table, pk, sk);
			this.#state.sql("delete from dynamodb_items where table_name = ? and pk = ? and sk = ?").run(table.name, pk, sk);
		});
	}

	/** Iterates over the items of a table or index in order, reading lazily. */
	*read(table: Table, index: string | undefined, range: ReadRange): Generator<StoredItem> {
		const { text, parameters } = readStatement(table.name, index, range);
		const rows = this.#state.sql(text).iterate(parameters) as Iterable<Position & { item: string; size: number }>;
		for (const { item, size, ...position } of rows) {
			yield { position, item: JSON.parse(item), size };
		}
	}

	/** Deletes items that expired an hour ago or earlier. */
	removeExpired(): void {
		const now = Math.floor(this.#state.now() / 1_000);
		for (const table of this.#tables.values()) {
			const rows = this.#state
				.sql("select item from dynamodb_items where table_name = ? and expires_at between ? and ?")
				.all(table.name, now - maxExpiryAgeSeconds, now - removalDelaySeconds) as { item: string }[];
			for (const { item } of rows) {
				const { hash, range } = table.key;
				const attributes = JSON.parse(item) as Item;
				this.delete(table, {
					[hash]: attributes[hash] as Value,
					[range]: attributes[range] as Value,
				});
			}
		}
	}

	count(table: Table): { items: number; bytes: number } {
		return this.#state
			.sql("select count(*) as items, coalesce(sum(size), 0) as bytes from dynamodb_items where table_name = ?")
			.get(table.name) as { items: number; bytes: number };
	}

	#deleteIndexRows(table: Table, pk: string, sk: string): void {
		// The old item's index keys find its rows through their primary key.
		const old = this.get(table, {
			[table.key.hash]: { S: pk },
			[table.key.range]: { S: sk },
		});
		for (const [index, names] of Object.entries(table.indexes)) {
			const key = old && indexKey(old, index, names);
			if (!key) continue;
			this.#state
				.sql(
					"delete from dynamodb_places where table_name = ? and index_name = ? and hash = ? and range = ? and pk = ? and sk = ?",
				)
				.run(table.name, index, key.hash, key.range, pk, sk);
		}
	}
}
