import type { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type PgliteServer, servePglite } from "../services/rds/pglite-server.ts";
import { openPgliteCopy } from "../testing/pglite.ts";

let db: PGlite;
let remove: () => Promise<void>;
let server: PgliteServer;
const clients: pg.Client[] = [];

beforeAll(async () => {
	({ db, remove } = await openPgliteCopy());
	await db.exec(`
		create role reader login password 'right';
		create role nobody;
		create table t (n int);
		grant select on t to reader;
	`);
	server = await servePglite(db);
});
afterEach(async () => {
	await (await connect()).query("truncate t");
	for (const client of clients.splice(0)) await client.end().catch(() => {});
});
afterAll(async () => {
	await server?.close();
	await remove?.();
});

async function connect(options: pg.ClientConfig = {}): Promise<pg.Client> {
	const client = new pg.Client({
		host: "127.0.0.1",
		port: server.port,
		user: "postgres",
		database: "postgres",
		...options,
	});
	client.on("error", () => {});
	await client.connect();
	clients.push(client);
	return client;
}

const count = async (client: pg.Client): Promise<number> =>
	(await client.query("select count(*)::int as n from t")).rows[0].n;

/** Runs statements on a connection: after their answers the server has read what others sent before. */
async function runStatements(client: pg.Client, statements = 10): Promise<void> {
	for (let n = 0; n < statements; n += 1) await client.query("select 1");
}

test("a connection has the role it signs in with, and only that role's privileges", async () => {
	const reader = await connect({ user: "reader", password: "right" });
	const owner = await connect();
	await owner.query("insert into t values (1)");
	const { rows } = await reader.query("select current_user, session_user");
	expect(rows).toEqual([{ current_user: "reader", session_user: "reader" }]);
	expect(await count(reader)).toBe(1);
	await expect(reader.query("insert into t values (2)")).rejects.toMatchObject({
		code: "42501",
	});
	await owner.query("insert into t values (2)");
});

test.each([
	["a wrong password", { user: "reader", password: "wrong" }, "28P01"],
	["an unknown role", { user: "stranger", password: "right" }, "28P01"],
	["a role that may not sign in", { user: "nobody", password: "x" }, "28P01"],
	["an unknown database", { user: "reader", password: "right", database: "other" }, "3D000"],
])("%s is refused", async (_name, options, code) => {
	await expect(connect(options)).rejects.toMatchObject({ code });
});

test("a transaction of one connection excludes the others until it ends", async () => {
	const [first, second] = [await connect(), await connect()];
	await first.query("begin");
	await first.query("insert into t values (1)");
	let isCounted = false;
	const counted = count(second).finally(() => {
		isCounted = true;
	});
	await runStatements(first);
	expect(isCounted).toBe(false);
	await first.query("rollback");
	expect(await counted).toBe(0);
});

test("a connection that breaks in the middle of a transaction rolls it back", async () => {
	const [first, second] = [await connect(), await connect()];
	await first.query("begin");
	await first.query("insert into t values (1)");
	// biome-ignore lint/suspicious/noExplicitAny: the driver does not show its socket.
	(first as any).connection.stream.destroy();
	expect(await count(second)).toBe(0);
});

test("a connection that breaks while it waits does not block the queue", async () => {
	const [first, second, third] = [await connect(), await connect(), await connect()];
	await first.query("begin");
	second.query("insert into t values (2)").catch(() => {});
	await runStatements(first);
	// biome-ignore lint/suspicious/noExplicitAny: the driver does not show its socket.
	(second as any).connection.stream.destroy();
	const counted = count(third);
	await runStatements(first);
	await first.query("commit");
	// As with any PostgreSQL, a statement that was sent before the disconnect runs.
	expect(await counted).toBe(1);
});

test("a transaction that begins after its connection broke is rolled back", async () => {
	const [first, second, third] = [await connect(), await connect(), await connect()];
	await first.query("begin");
	second.query("begin; insert into t values (2)").catch(() => {});
	await runStatements(first);
	// biome-ignore lint/suspicious/noExplicitAny: the driver does not show its socket.
	(second as any).connection.stream.destroy();
	const counted = count(third);
	await runStatements(first);
	await first.query("commit");
	expect(await counted).toBe(0);
});

test("a failed statement ends neither its connection nor another's", async () => {
	const [first, second] = [await connect(), await connect()];
	await expect(first.query("select nonsense")).rejects.toThrow("nonsense");
	await expect(first.query("select $1::int", ["x"])).rejects.toThrow("integer");
	await first.query("begin");
	await expect(first.query("select 1/0")).rejects.toThrow("zero");
	await first.query("rollback");
	expect(await count(first)).toBe(0);
	expect(await count(second)).toBe(0);
});

test("settings of one connection do not reach another, and its startup settings stay", async () => {
	const first = await connect({ application_name: "first" });
	const second = await connect({ options: "-c statement_timeout=7000" });
	const show = async (client: pg.Client, name: string) => (await client.query(`show ${name}`)).rows[0][name];
	await first.query("set work_mem = '5MB'");
	expect(await show(second, "work_mem")).not.toBe("5MB");
	expect(await show(first, "application_name")).toBe("first");
	expect(await show(second, "application_name")).not.toBe("first");
	expect(await show(second, "statement_timeout")).toBe("7s");
});

test("a connection has the settings of its role, the role that it acts as included", async () => {
	await db.exec(`
		create role clone login password 'right';
		grant reader to clone;
		alter role clone set role to 'reader';
		alter role clone set search_path to pg_catalog, public;
		alter role clone set work_mem to '7MB'`);
	const clone = await connect({ user: "clone", password: "right", options: "-c work_mem=9MB" });
	const acts =
		"select current_user, session_user, current_setting('search_path') as path, current_setting('work_mem') as memory";
	for (let turn = 0; turn < 2; turn++) {
		expect((await clone.query(acts)).rows).toEqual([
			{ current_user: "reader", session_user: "clone", path: "pg_catalog, public", memory: "9MB" },
		]);
		await (await connect()).query("select 1"); // another connection's turn
	}
});

test("statements with parameters of many connections never mix", async () => {
	const many = await Promise.all([1, 2, 3, 4, 5, 6].map(() => connect({ user: "reader", password: "right" })));
	// Longer than one packet, so that the messages of one exchange arrive apart.
	const text = "x".repeat(100_000);
	await Promise.all(
		many.map(async (client, index) => {
			for (let turn = 0; turn < 30; turn += 1) {
				const { rows } = await client.query(
					index % 2
						? "select $1::int as number, length($2) as length"
						: "select length($2) as length, $1::int as number",
					[index * 100 + turn, text],
				);
				expect(rows).toEqual([{ number: index * 100 + turn, length: 100_000 }]);
			}
		}),
	);
});

test("named prepared statements survive another connection's turn, even if both use the same name", async () => {
	const [first, second] = [await connect(), await connect()];
	const runPrepared = async (client: pg.Client, text: string) =>
		(await client.query({ name: "statement", text, values: [20] })).rows[0];
	for (let turn = 0; turn < 3; turn++) {
		expect(await runPrepared(first, "select $1::int + 1 as n")).toEqual({ n: 21 });
		expect(await runPrepared(second, "select $1::int + 2 as n")).toEqual({ n: 22 });
	}
});

test("a prepared statement whose table was dropped fails, and its connection stays usable", async () => {
	const [first, second] = [await connect(), await connect()];
	await second.query("create table short_lived (n int)");
	const runPrepared = () => first.query({ name: "statement", text: "select n from short_lived" });
	expect((await runPrepared()).rows).toEqual([]);
	await second.query("drop table short_lived");
	await expect(runPrepared()).rejects.toThrow(/short_lived/);
	expect(await count(first)).toBe(0);
});
