import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { withClient } from "#lambdas/migrate/connect.ts";
import { connectDatabase, type Database } from "#postgres/database.ts";
import { type Migrated, migrate } from "#postgres/migrate.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { scramVerifier } from "#postgres/roles.ts";
import { documentVersion } from "#text/document.ts";
import { fillWithVectors } from "./bulk-items.ts";
import { contractDatabase, type EmptyDatabase, migrations, native } from "./databases.ts";
import { analyzedItem, readyItem } from "./item-states.ts";
import { axis, newUser } from "./new-rows.ts";

const opened: EmptyDatabase[] = [];
async function create(kind = native): Promise<EmptyDatabase> {
	const empty = await kind.create();
	opened.push(empty);
	return empty;
}
async function createMigrated(): Promise<EmptyDatabase> {
	const empty = await contractDatabase.createMigrated();
	opened.push(empty);
	return empty;
}
afterEach(async () => {
	for (const empty of opened.splice(0)) await empty.drop();
});

/** Applies the migrations up to a number. */
async function migrateUpTo(empty: EmptyDatabase, last: number): Promise<Migrated> {
	const directory = mkdtempSync(join(tmpdir(), "migrations-"));
	try {
		cpSync(migrations, directory, {
			recursive: true,
			filter: (file) => Number(/^\d+(?=_)/.exec(basename(file))?.[0] ?? 0) <= last,
		});
		return await empty.migrate(directory);
	} finally {
		rmSync(directory, { recursive: true });
	}
}

const asMaster = <T>({ address, master }: EmptyDatabase, work: (client: pg.Client) => Promise<T>) =>
	withClient(address, master, work);

describe(`the migrations on ${contractDatabase.title}`, () => {
	it("change nothing when applied again", async () => {
		const empty = await create(contractDatabase);
		const first = await empty.migrate();
		expect(first.applied.length).toBeGreaterThan(2);
		expect(first.version).toBe(first.applied.at(-1));
		expect(await empty.migrate()).toEqual({
			applied: [],
			version: first.version,
		});
	});

	it("are applied by one of four concurrent runs", async () => {
		const empty = await create(contractDatabase);
		const all = await Promise.all([1, 2, 3, 4].map(() => empty.migrate()));
		const sizes = all.map(({ applied }) => applied.length).sort();
		expect(sizes.slice(0, 3)).toEqual([0, 0, 0]);
		expect(sizes[3]).toBeGreaterThan(2);
		expect(new Set(all.map(({ version }) => version)).size).toBe(1);
	});

	it("that fail leave the database unchanged, and report the error", async () => {
		const empty = await create(contractDatabase);
		const directory = mkdtempSync(join(tmpdir(), "migrations-"));
		try {
			cpSync(migrations, directory, { recursive: true });
			writeFileSync(join(directory, "0999_broken.sql"), "create table half (id int); select no_such_function();");
			await expect(empty.migrate(directory)).rejects.toThrow(/no_such_function/);
			await asMaster(empty, async (client) => {
				const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public'");
				expect(rows).toEqual([]);
			});
			expect((await empty.migrate()).applied.length).toBeGreaterThan(2);
		} finally {
			rmSync(directory, { recursive: true });
		}
	});

	it("name the extensions that are missing", async () => {
		const empty = await create(contractDatabase);
		await expect(asMaster(empty, (client) => migrate(client, migrations))).rejects.toThrow(
			/lacks the extensions: btree_gin, pg_trgm, unaccent, vector/,
		);
	});

	it("refuse a pgvector that is too old", async () => {
		const empty = await create(contractDatabase);
		await asMaster(empty, async (client) => {
			for (const name of ["vector", "pg_trgm", "btree_gin", "unaccent"]) {
				await client.query(`create extension ${name}`);
			}
			await client.query("update pg_extension set extversion = '0.7.4' where extname = 'vector'");
			await expect(migrate(client, migrations)).rejects.toThrow(/pgvector 0\.7\.4 is too old: 0\.8 or newer/);
		});
	});

	it("give every tenant's table a user_id and keep children with their owner", async () => {
		const empty = await create(contractDatabase);
		await empty.migrate();
		await asMaster(empty, async (client) => {
			const { rows } = await client.query(
				`select tablename from pg_tables
				 where schemaname = 'public' and tablename <> 'migrations'
				   -- Of a customer who may be nobody yet; payers has the person.
				   and tablename <> 'subscriptions'
				   and not exists (select from information_schema.columns
				     where table_name = tablename and column_name = 'user_id' and is_nullable = 'NO')`,
			);
			expect(rows).toEqual([]);
			await client.query(
				`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
				 values ('11111111-1111-4111-8111-111111111111', 'ada', 'a.png', 'image/png', 1, 'c')`,
			);
			await expect(
				client.query(
					`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
					 values (gen_random_uuid(), '11111111-1111-4111-8111-111111111111', 'bob', 1, 'c', '{}', 'p', 'm')`,
				),
			).rejects.toThrow(/analyses_belong_to_an_item/);
		});
	});
});

it("the migration that renames cells to partitions keeps each vector's partition", async () => {
	const empty = await create(contractDatabase);
	expect((await migrateUpTo(empty, 12)).version).toBe("0012_inline_vectors");
	const db = empty.connect(1);
	const [user, model] = [newUser(), "test-model"];
	await fillWithVectors(db, { userId: user, model }, [axis(0), axis(1)]);
	await db.query(
		`insert into vector_cells (user_id, model, centroid, made_for)
		 select user_id, model, embedding, 2 from embeddings where user_id = $1`,
		[user],
	);
	await db.query(
		`update embeddings set cell = (
		   select cell from vector_cells where user_id = $1 and centroid = embedding)
		 where user_id = $1 and item_id = (select item_id from embeddings where user_id = $1 limit 1)`,
		[user],
	);
	await empty.migrate();
	expect(
		await db.query(
			`select count(*)::int as vectors, count(partition)::int as assigned,
			   count(*) filter (where centroid = embedding and built_for = 2)::int as kept
			 from embeddings left join vector_partitions using (user_id, model, partition)
			 where user_id = $1`,
			[user],
		),
	).toEqual([{ vectors: 2, assigned: 1, kept: 1 }]);
});

describe(`the migration that leaves words to the application, on ${contractDatabase.title}`, () => {
	const search = (db: Database, user: string, text: string) =>
		postgresPorts(db).search.byText(user, { text }, { topK: 5 });
	const version = async (db: Database, user: string) =>
		(await db.query<{ search_version: number }>("select search_version from documents where user_id = $1", [user]))[0]
			?.search_version;

	/** Writes a document as a function of the release before does. */
	async function writeAsBefore(db: Database, user: string, headline: string): Promise<void> {
		const item = "11111111-1111-4111-8111-111111111111";
		await db.query(
			`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
			 values ($1, $2, 'a.png', 'image/png', 1, 'c') on conflict do nothing`,
			[item, user],
		);
		const [analysis] = await db.query<{ id: string }>(
			`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
			 select gen_random_uuid(), $1, $2, 1 + count(*), 'Other', '{}', 'test', 'test' from analyses returning id`,
			[item, user],
		);
		await db.query(
			`insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
			 values ($1, $2, $3, 'Other', $4, 'A summary.', 'crane', 'KITE/FESTIVAL')
			 on conflict (item_id) do update set
			   analysis_id = excluded.analysis_id, category = excluded.category, headline = excluded.headline,
			   summary = excluded.summary, labels = excluded.labels, extracted_text = excluded.extracted_text
			 where documents.user_id = excluded.user_id`,
			[item, user, analysis?.id, headline],
		);
	}

	it("keeps what documents are found by, until they are indexed anew", async () => {
		const empty = await create(contractDatabase);
		await migrateUpTo(empty, 17);
		const db = empty.connect(1);
		const user = newUser();
		await writeAsBefore(db, user, "Running harbours");
		const [before] = await db.query("select search::text from documents");
		await empty.migrate();
		expect(await db.query("select search::text from documents")).toEqual([before]);
		expect(await version(db, user)).toBe(0);
		for (const query of ["runs", "harbour", "crane", "festival"]) {
			expect(await search(db, user, query), query).toHaveLength(1);
		}
		expect(await postgresPorts(db).searchIndex.indexOutdated(10)).toBe(1);
		expect(await version(db, user)).toBe(documentVersion);
	});

	it("lets functions of the release before insert and update documents, which are found", async () => {
		const empty = await createMigrated();
		const db = empty.connect(1);
		const user = newUser();
		await writeAsBefore(db, user, "Running harbours");
		expect(await search(db, user, "runs")).toMatchObject([{ headline: "Running harbours" }]);
		await postgresPorts(db).searchIndex.indexOutdated(10);

		await writeAsBefore(db, user, "Sailing boats");
		expect(await version(db, user), "indexed by the database, so to be indexed anew").toBe(0);
		expect(await search(db, user, "sails")).toMatchObject([{ headline: "Sailing boats" }]);
		expect(await search(db, user, "harbour")).toEqual([]);
	});

	it("indexes no document whose text stays as it is", async () => {
		const empty = await createMigrated();
		const db = empty.connect(1);
		const user = newUser();
		await analyzedItem(postgresPorts(db), user, { headline: "Running harbours" });
		const stored = () => db.query("select search::text, search_version from documents");
		const before = await stored();
		expect(before).toMatchObject([{ search_version: documentVersion }]);
		await db.query("update documents set category = 'Travel', headline = headline where user_id = $1", [user]);
		expect(await stored()).toEqual(before);
	});
});

it(`the migration that weighs refuted claims finds those of analyses that were checked before, on ${contractDatabase.title}`, async () => {
	const empty = await create(contractDatabase);
	await migrateUpTo(empty, 33);
	const db = empty.connect(1);
	const user = newUser();
	const claims = [
		{ text: "It costs 4.", contradiction: "number" },
		{ text: "Tom sold it.", contradiction: "name" },
		{ text: "It was in May.", contradiction: "date" },
	];
	for (const unsupported of [claims, claims.slice(1, 2), null]) {
		const verification = unsupported && { accuracyScore: 1, riskLevel: "high", unsupported };
		await db.query(
			`with item as (
			   insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
			   values (gen_random_uuid(), $1, 'a.png', 'image/png', 1, 'c') returning id
			 ), analysis as (
			   insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used, verification)
			   select gen_random_uuid(), id, $1, 1, 'Other', '{}', 'test', 'test', $2::jsonb from item returning id, item_id
			 )
			 insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text, search, search_version)
			 select item_id, $1, id, 'Other', '', '', '', '', '', 2 from analysis`,
			[user, verification && JSON.stringify(verification)],
		);
	}
	await empty.migrate();
	expect(
		await db.query("select refuted, search_version from documents where user_id = $1 order by search_version", [user]),
	).toEqual([
		{ refuted: ["It costs 4.", "It was in May."], search_version: 0 },
		{ refuted: [], search_version: 2 },
		{ refuted: [], search_version: 2 },
	]);
});

describe.skipIf(native.skip)(`the roles on ${native.title}`, () => {
	it("let the application change rows but not the schema", async () => {
		const empty = await create();
		await empty.migrate();
		const db = empty.connect();
		expect(await db.query("select * from items")).toEqual([]);
		for (const sql of [
			"create table mine (id int)",
			"drop table outbox",
			"alter table items add column more int",
			"truncate items",
			"select * from migrations",
			"create role friend",
		]) {
			await expect(db.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
		}
	});

	it("have the passwords of their secrets, also after a change", async () => {
		const empty = await create();
		for (const password of ["first", "second"]) {
			empty.application.password = password;
			await empty.migrate();
			await asMaster(empty, async (client) => {
				const { rows } = await client.query<{ rolpassword: string }>(
					"select rolpassword from pg_authid where rolname = $1",
					[empty.application.username],
				);
				const [, salt = ""] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(rows[0]?.rolpassword ?? "") ?? [];
				expect(rows[0]?.rolpassword).toBe(scramVerifier(password, Buffer.from(salt, "base64")));
			});
		}
	});

	it("have the verifier that the server computes", async () => {
		const empty = await create();
		await empty.migrate();
		await asMaster(empty, async (client) => {
			const role = empty.application.username;
			await client.query(`alter role ${role} password 'pencil and paper'`);
			const { rows } = await client.query<{ rolpassword: string }>(
				"select rolpassword from pg_authid where rolname = $1",
				[role],
			);
			const stored = rows[0]?.rolpassword ?? "";
			const salt = Buffer.from(stored.split(/[:$]/)[2] ?? "", "base64");
			expect(scramVerifier("pencil and paper", salt)).toBe(stored);
		});
	});
});

/** A command before `pg_dump` and `psql` of the server's version, such as `chroot /some/root`. */
const tools = process.env.TEST_POSTGRES_TOOLS?.split(" ") ?? null;
const skipReason = native.skip
	? " (skipped: TEST_DATABASE_URL is not set)"
	: tools
		? ""
		: " (skipped: TEST_POSTGRES_TOOLS names no pg_dump of the server's version)";

describe.skipIf(native.skip || !tools)(`a backup${skipReason}`, () => {
	it("made by pg_dump restores into an empty database, words and vectors included", async () => {
		const [source, target] = [await create(), await create()];
		await source.migrate();
		const user = newUser();
		const ports = postgresPorts(source.connect());
		await readyItem(ports, user, { headline: "Café running" }, axis(0));
		const text = { text: "cafe runs" };
		const vector = { model: "test-model", vector: axis(0) };
		const weights = { text: 0.5, vector: 0.5 };
		await readyItem(ports, user, { headline: "Indexed by the release before" }, axis(900));
		await source
			.connect(1)
			.query("update documents set headline = 'Sailing boats' where headline like 'Indexed%' and user_id = $1", [user]);
		const documents = "select item_id, search::text, search_version from documents order by item_id";
		const indexed = await source.connect(1).query<{ search_version: number }>(documents);
		expect(indexed.map(({ search_version }) => search_version).sort()).toEqual([0, documentVersion]);
		const before = await ports.search.hybrid(user, { text, vector, weights }, { topK: 5 });
		expect(before[0]?.headline).toBe("Café running");

		const run = promisify(execFile);
		const [command = "", ...prefix] = tools ?? [];
		const url = ({ address, master }: EmptyDatabase) =>
			`postgres://${master.username}:${master.password}@${address.host}:${address.port}/${address.database}`;
		const { stdout: dump } = await run(command, [...prefix, "pg_dump", "--no-owner", "--no-acl", url(source)], {
			maxBuffer: 64 * 1024 * 1024,
			cwd: "/",
		});
		const restore = run(command, [...prefix, "psql", "-v", "ON_ERROR_STOP=1", "-q", url(target)], { cwd: "/" });
		restore.child.stdin?.end(dump);
		await restore;

		const restored = connectDatabase({
			...target.address,
			credentials: async () => target.master,
		});
		try {
			const { search } = postgresPorts(restored);
			expect(await search.hybrid(user, { text, vector, weights }, { topK: 5 })).toEqual(before);
			expect(await restored.query(documents)).toEqual(indexed);
			expect(await search.byText(user, { text: "sails" }, { topK: 5 })).toHaveLength(1);
			await readyItem(postgresPorts(restored), user, { headline: "Cafés" });
			expect(await postgresPorts(restored).searchIndex.indexOutdated(10)).toBe(1);
			await restored.query("update documents set headline = 'A lighthouse' where headline = 'Cafés'");
			expect(await search.byText(user, { text: "lighthouse" }, { topK: 5 }), "the trigger is there").toHaveLength(1);
		} finally {
			await restored.close();
		}
	});

	it("replaces the current data by the migration role alone, completely or not at all", async () => {
		const [backup, stack] = [await create(), await create()];
		await backup.migrate();
		await stack.migrate();
		const [user, lostUser] = [newUser(), newUser()];
		await readyItem(postgresPorts(backup.connect()), user, {
			headline: "Lighthouse",
		});
		const lost = await readyItem(postgresPorts(stack.connect()), lostUser, {
			headline: "Harbour",
		});
		const login = ({ address, migration }: EmptyDatabase) =>
			`postgres://${migration.username}:${migration.password}@${address.host}:${address.port}/${address.database}`;
		const [command = "", ...prefix] = tools ?? [];
		const dumped = await promisify(execFile)(
			command,
			[...prefix, "pg_dump", "--format=custom", "--schema=public", login(backup)],
			{ maxBuffer: 64 * 1024 * 1024, cwd: "/", encoding: "buffer" },
		);
		const restore = async (dump: Buffer) => {
			const running = promisify(execFile)(
				command,
				[
					...prefix,
					"pg_restore",
					// The master owns the schema itself.
					"--schema=public",
					"--clean",
					"--if-exists",
					"--no-owner",
					"--no-acl",
					"--single-transaction",
					"--exit-on-error",
					`--dbname=${login(stack)}`,
				],
				{ cwd: "/" },
			);
			running.child.stdin?.on("error", () => {});
			running.child.stdin?.end(dump);
			await running;
		};
		const { items } = postgresPorts(stack.connect());
		await expect(restore(dumped.stdout.subarray(0, dumped.stdout.length - 500))).rejects.toThrow();
		expect((await items.find(lostUser, lost.item.id))?.item.status).toBe("ready");

		await restore(dumped.stdout);
		// The application's role has no rights until the migration function grants them again.
		await expect(items.find(user, lost.item.id)).rejects.toThrow(/permission/);
		expect((await stack.migrate()).applied).toEqual([]);
		expect(await items.find(lostUser, lost.item.id)).toBeNull();
		expect(await postgresPorts(stack.connect()).search.byText(user, { text: "lighthouse" }, { topK: 5 })).toHaveLength(
			1,
		);
	});
});
