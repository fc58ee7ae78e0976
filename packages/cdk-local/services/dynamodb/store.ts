import type { State } from "../../state.ts";
import { ClientTokens } from "./client-tokens.ts";
import { DynamoDbError, validation } from "./errors.ts";
import { indexKey, type KeyNames, keyOf, sameKey } from "./keys.ts";
import { type Item, itemSize, type Value } from "./values.ts";

export interface TableDefinition {
	key: KeyNames;
	/** Global secondary indexes by name; each projects all attributes. */
	indexes: Readonly<Record<string, KeyNames>>;
	/** The attribute that holds the second after which an item may be removed. */
	timeToLive: string | null;
}

export interface Table extends TableDefinition {
	name: string;
	arn: string;
	createdAt: number;
}

/** An item's place in a table or an index: also the order in which queries read. */
export interface Place {
	hash: string;
	range: string;
	/** The item's own key, which tells entries of an index apart that share theirs. */
	pk: string;
	sk: string;
}

export interface ReadRange {
	/** @default every hash key */
	hash?: string | undefined;
	/** The least and the greatest range key, both included. */
	low?: string | undefined;
	high?: string | undefined;
	/** Where the page before this one ended. */
	after?: Place | undefined;
	forward: boolean;
}

export interface StoredItem {
	place: Place;
	item: Item;
	size: number;
}

const maxItem = 400 * 1024;
/** AWS takes up to days; here one hour, so that code which forgets to hide what has expired is seen to. */
const removalDelaySeconds = 60 * 60;
/** An older timestamp is taken for a mistake, and its item kept. */
const oldestExpirySeconds = 5 * 365 * 24 * 60 * 60;

const nameIn = (nameOrArn: string) =>
	nameOrArn.replace(/^arn:[^/]*:table\//, "");

/** The tables; every item stands once under its own key and once in each index that has its attributes. */
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

	/** Creates the table, or gives it other indexes. @throws where its key would change */
	ensure(name: string, definition: TableDefinition): Table {
		const found = this.#state
			.sql(
				"select definition, created_at as createdAt from dynamodb_tables where name = ?",
			)
			.get(name) as { definition: string; createdAt: number } | undefined;
		const before = found && (JSON.parse(found.definition) as TableDefinition);
		if (before && !sameKey(before.key, definition.key)) {
			throw new Error(
				`table ${name} is kept with the key ${before.key.hash}, ${before.key.range}: a key is final, "make dev-reset" forgets the table`,
			);
		}
		const table: Table = {
			...definition,
			name,
			arn: this.arn(name),
			createdAt: found?.createdAt ?? this.#state.now(),
		};
		this.#tables.set(name, table);
		const text = JSON.stringify(definition);
		if (found?.definition === text) return table;
		this.#state.transaction(() => {
			this.#state
				.sql("insert or replace into dynamodb_tables values (?, ?, ?)")
				.run(name, text, table.createdAt);
			this.#state
				.sql("delete from dynamodb_places where table_name = ?")
				.run(name);
			const rows = this.#state
				.sql("select item from dynamodb_items where table_name = ?")
				.all(name) as { item: string }[];
			for (const { item } of rows) this.put(table, JSON.parse(item));
		});
		return table;
	}

	/** By name or ARN, whether there is such a table or not. */
	arn(nameOrArn: string): string {
		return this.#state.arn("dynamodb", `table/${nameIn(nameOrArn)}`);
	}

	/** By name or ARN. @throws AwsError `ResourceNotFoundException` */
	table(nameOrArn: string): Table {
		const table = this.#tables.get(nameIn(nameOrArn));
		if (!table) {
			throw new DynamoDbError(
				"ResourceNotFoundException",
				"Requested resource not found",
			);
		}
		return table;
	}

	/** Everything `run` writes is kept or nothing is. */
	transaction<T>(run: () => T): T {
		return this.#state.transaction(run);
	}

	get(table: Table, key: Item): Item | undefined {
		const { pk, sk } = keyOf(table, key);
		const row = this.#state
			.sql(
				"select item from dynamodb_items where table_name = ? and pk = ? and sk = ?",
			)
			.get(table.name, pk, sk) as { item: string } | undefined;
		return row && JSON.parse(row.item);
	}

	/** @throws AwsError `ValidationException` where keys or size are not those of an item */
	put(table: Table, item: Item): void {
		const { pk, sk } = keyOf(table, item);
		const places = Object.entries(table.indexes).flatMap(([index, names]) => {
			const place = indexKey(item, index, names);
			return place ? [{ index, ...place }] : [];
		});
		const size = itemSize(item);
		if (size > maxItem) {
			throw validation("Item size has exceeded the maximum allowed size");
		}
		const expiry = table.timeToLive ? item[table.timeToLive] : undefined;
		this.#state.transaction(() => {
			this.#forgetPlaces(table, pk, sk);
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
			for (const { index, hash, range } of places) {
				this.#state
					.sql("insert into dynamodb_places values (?, ?, ?, ?, ?, ?)")
					.run(table.name, index, hash, range, pk, sk);
			}
		});
	}

	delete(table: Table, key: Item): void {
		const { pk, sk } = keyOf(table, key);
		this.#state.transaction(() => {
			this.#forgetPlaces(table, pk, sk);
			this.#state
				.sql(
					"delete from dynamodb_items where table_name = ? and pk = ? and sk = ?",
				)
				.run(table.name, pk, sk);
		});
	}

	/** The items of a table or index in order, read as they are taken. */
	*read(
		table: Table,
		index: string | undefined,
		{ hash, low, high, after, forward }: ReadRange,
	): Generator<StoredItem> {
		const [order, beyond] = forward ? ["asc", ">"] : ["desc", "<"];
		const parameters = {
			table: table.name,
			...(index !== undefined && { index }),
			...(hash !== undefined && { hash }),
			...(low !== undefined && { low }),
			...(high !== undefined && { high }),
			...(after && {
				afterHash: after.hash,
				afterRange: after.range,
				...(index !== undefined && { afterPk: after.pk, afterSk: after.sk }),
			}),
		};
		const source =
			index === undefined
				? { rows: "dynamodb_items p", hash: "p.pk", range: "p.sk", key: "" }
				: {
						rows: "dynamodb_places p join dynamodb_items i using (table_name, pk, sk)",
						hash: "p.hash",
						range: "p.range",
						key: ", p.pk, p.sk",
					};
		const conditions = [
			"p.table_name = :table",
			index !== undefined && "p.index_name = :index",
			hash !== undefined && `${source.hash} = :hash`,
			low !== undefined && `${source.range} >= :low`,
			high !== undefined && `${source.range} <= :high`,
			after &&
				`(${source.hash}, ${source.range}${source.key}) ${beyond} (:afterHash, :afterRange${source.key && ", :afterPk, :afterSk"})`,
		];
		const rows = this.#state
			.sql(
				`select ${source.hash} as hash, ${source.range} as range, p.pk, p.sk, item, size
				from ${source.rows} where ${conditions.filter(Boolean).join(" and ")}
				order by ${source.hash} ${order}, ${source.range} ${order}, p.pk ${order}, p.sk ${order}`,
			)
			.iterate(parameters) as Iterable<Place & { item: string; size: number }>;
		for (const { item, size, ...place } of rows) {
			yield { place, item: JSON.parse(item), size };
		}
	}

	/** Removes what has been expired for long, as DynamoDB does some time after the second given. */
	removeExpired(): void {
		const now = Math.floor(this.#state.now() / 1_000);
		for (const table of this.#tables.values()) {
			const rows = this.#state
				.sql(
					"select item from dynamodb_items where table_name = ? and expires_at between ? and ?",
				)
				.all(
					table.name,
					now - oldestExpirySeconds,
					now - removalDelaySeconds,
				) as { item: string }[];
			for (const { item } of rows) {
				const { hash, range } = table.key;
				const all = JSON.parse(item) as Item;
				this.delete(table, {
					[hash]: all[hash] as Value,
					[range]: all[range] as Value,
				});
			}
		}
	}

	count(table: Table): { items: number; bytes: number } {
		return this.#state
			.sql(
				"select count(*) as items, coalesce(sum(size), 0) as bytes from dynamodb_items where table_name = ?",
			)
			.get(table.name) as { items: number; bytes: number };
	}

	#forgetPlaces(table: Table, pk: string, sk: string): void {
		// Through the old item's own index keys, so that it is found by the primary key.
		const old = this.get(table, {
			[table.key.hash]: { S: pk },
			[table.key.range]: { S: sk },
		});
		for (const [index, names] of Object.entries(table.indexes)) {
			const place = old && indexKey(old, index, names);
			if (!place) continue;
			this.#state
				.sql(
					"delete from dynamodb_places where table_name = ? and index_name = ? and hash = ? and range = ? and pk = ? and sk = ?",
				)
				.run(table.name, index, place.hash, place.range, pk, sk);
		}
	}
}
