import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { writeSecret } from "#aws/secret-writer.ts";
import { secretReader } from "#aws/secrets.ts";
import { startApis } from "#cdk-local/testing/index.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { migrateDatabase } from "#lambdas/migrate/migrate-database.ts";
import { type LoginSecret, rotatePasswords } from "#lambdas/migrate/rotate-passwords.ts";
import type { Database, DatabaseCredentials } from "#postgres/database.ts";
import { extensions, scramVerifier } from "#postgres/roles.ts";
import { stubFunctionEnv } from "../support/function-env.ts";
import { collectLogLines } from "../support/log-lines.ts";
import { contractDatabase, type EmptyDatabase, migrations, native } from "./databases.ts";

const apis = await startApis();
const lines = collectLogLines();
const connectionErrors = () => lines.filter(({ DatabaseConnectionErrors }) => DatabaseConnectionErrors === 1);

beforeAll(() => {
	stubFunctionEnv(apis);
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await apis.destroy();
});

let count = 0;
let empty: EmptyDatabase;
let arns: { migration: string; application: string };
const opened: Database[] = [];
beforeEach(async () => {
	empty = await contractDatabase.createMigrated();
	count += 1;
	const store = (name: string, login: DatabaseCredentials) =>
		apis.secrets.ensure(`${name}-${count}`, () => JSON.stringify(login)).arn;
	arns = { migration: store("migration", empty.migration), application: store("application", empty.application) };
});
afterEach(async () => {
	for (const database of opened.splice(0)) await database.close();
	await empty.drop();
});

const read = (arn: string) => secretReader()(arn);
const secretAt = (arn: string): LoginSecret => ({ read: () => read(arn), write: (login) => writeSecret(arn, login) });
const rotate = (secrets = [secretAt(arns.migration), secretAt(arns.application)]) =>
	rotatePasswords({ address: empty.address, master: empty.master, secrets });
const logIn = (login: DatabaseCredentials) =>
	withClient(empty.address, login, async (client) => {
		const { rows } = await client.query<{ role: string }>("select current_user as role");
		return rows[0]?.role;
	});

/** Asks the server what it has stored: one that trusts this machine accepts any password. */
const isPasswordOf = ({ username, password }: DatabaseCredentials) =>
	withClient(empty.address, empty.master, async (client) => {
		const { rows } = await client.query("select rolpassword from pg_authid where rolname = $1", [username]);
		const stored = rows[0]?.rolpassword ?? "";
		return stored === scramVerifier(password, Buffer.from(stored.split(/[:$]/)[2] ?? "", "base64"));
	});

/** Connects as a function does, by the secret. */
function connect(secretArn = arns.application, port = empty.address.port): Database {
	const database = databaseFrom({
		DATABASE_HOST: empty.address.host,
		DATABASE_PORT: String(port),
		DATABASE_NAME: empty.address.database,
		DATABASE_TLS: empty.address.tls,
		DATABASE_SECRET_ARN: secretArn,
	});
	opened.push(database);
	return database;
}

describe(`a rotation of the passwords on ${contractDatabase.title}`, () => {
	it("fails no query of a running function, whose login stays valid until the next rotation", async () => {
		const database = connect();
		const failures: unknown[] = [];
		let queries = 0;
		let isOver = false;
		const traffic = [1, 2].map(async () => {
			while (!isOver) {
				await database.query("select id from items").catch((error) => failures.push(error));
				queries += 1;
			}
		});
		try {
			const first = await read(arns.application);
			await rotate();
			const second = await read(arns.application);
			expect(second.username).not.toBe(first.username);
			for (const login of [first, second]) {
				expect(await logIn(login)).toBe(first.username);
				expect(await isPasswordOf(login)).toBe(true);
			}

			await rotate();
			const third = await read(arns.application);
			expect(third).toEqual({ username: first.username, password: expect.not.stringMatching(first.password) });
			expect(await isPasswordOf(first)).toBe(false);
			for (const login of [second, third]) expect(await isPasswordOf(login)).toBe(true);
		} finally {
			isOver = true;
			await Promise.all(traffic);
		}
		expect(failures).toEqual([]);
		expect(queries).toBeGreaterThan(20);
		expect(connectionErrors()).toEqual([]);
	});

	it("lets either login migrate for the same owner and use what the other has made", async () => {
		const directory = mkdtempSync(join(tmpdir(), "migrations-"));
		const [owner, user] = [empty.migration.username, empty.application.username];
		try {
			cpSync(migrations, directory, { recursive: true });
			for (const number of [1, 2]) {
				await rotate();
				writeFileSync(join(directory, `090${number}_more.sql`), `create table more_${number} (n int)`);
				const [migration, application] = await Promise.all([read(arns.migration), read(arns.application)]);
				await migrateDatabase({ ...empty, migration, application, directory });
				await connect().query(`insert into more_${number} values (1)`);
			}
			await withClient(empty.address, empty.master, async (client) => {
				const { rows } = await client.query(
					`select distinct tableowner as owner,
					   has_table_privilege($1, schemaname || '.' || tablename, 'insert') as may_insert
					 from pg_tables where schemaname = 'public' and tablename <> 'migrations'`,
					[user],
				);
				expect(rows).toEqual([{ owner, may_insert: true }]);
			});
			await expect(connect().query("create table mine (n int)")).rejects.toThrow(/permission denied/);
		} finally {
			rmSync(directory, { recursive: true });
		}
	});

	it("that dies before a secret has changed is repeated as if it had never begun", async () => {
		const database = connect();
		const [first, before] = [await read(arns.application), await read(arns.migration)];
		const dying = {
			...secretAt(arns.application),
			async write(login: DatabaseCredentials) {
				expect(await isPasswordOf(login)).toBe(true);
				throw new Error("died");
			},
		};
		for (let attempt = 0; attempt < 2; attempt++) {
			await expect(rotate([secretAt(arns.migration), dying])).rejects.toThrow("died");
			expect(await read(arns.application)).toEqual(first);
			expect(await logIn(first)).toBe(first.username);
			expect(await logIn(await read(arns.migration))).toBe(before.username);
		}
		await rotate();
		expect(await logIn(await read(arns.application))).toBe(first.username);
		expect(await logIn(first)).toBe(first.username);
		await database.query("select id from items");
		expect(connectionErrors()).toEqual([]);
	});

	it.skipIf(native.skip)("needs no superuser: a master that may create roles suffices, as on RDS", async () => {
		const fresh = await native.create();
		const master = { username: `master_${fresh.application.username}`, password: "made-for-this-test" };
		try {
			await withClient(fresh.address, fresh.master, async (client) => {
				for (const name of extensions) await client.query(`create extension ${name}`);
				await client.query(`create role ${master.username} login createrole password '${master.password}'`);
				await client.query(`alter database ${fresh.address.database} owner to ${master.username}`);
			});
			await migrateDatabase({ ...fresh, master, directory: migrations });
			let login = fresh.application;
			const secret = {
				read: async () => login,
				write: async (next: DatabaseCredentials) => {
					login = next;
				},
			};
			for (const _ of ["to the clone", "and back"]) {
				await rotatePasswords({ address: fresh.address, master, secrets: [secret] });
				await withClient(fresh.address, login, (client) => client.query("select id from items"));
			}
		} finally {
			await withClient(fresh.address, fresh.master, async (client) => {
				await client.query(`reassign owned by ${master.username} to current_user`);
				await client.query(`drop owned by ${master.username}`);
				await client.query(`drop role ${master.username}`);
			});
			await fresh.drop();
		}
	});

	it.skipIf(!contractDatabase.concurrent)(
		"waits for another, so that the secret names a login that works",
		async () => {
			let running = 0;
			const counts: number[] = [];
			const secret = secretAt(arns.application);
			const counted: LoginSecret = {
				async read() {
					running += 1;
					counts.push(running);
					return secret.read();
				},
				async write(login) {
					await secret.write(login);
					running -= 1;
				},
			};
			await Promise.all([1, 2, 3].map(() => rotate([counted])));
			expect(counts).toEqual([1, 1, 1]);
			expect(await isPasswordOf(await secret.read())).toBe(true);
		},
	);
});

it("a connection that the database refuses, or that nothing answers, is counted", async () => {
	await writeSecret(arns.application, { username: "nobody", password: "another" });
	await expect(connect().query("select 1")).rejects.toMatchObject({ code: "database_unavailable" });
	const refused = expect.stringMatching(/^(28P01|28000)$/);
	// The secret is read anew after the first refusal.
	expect(connectionErrors().map(({ error }) => error.code)).toEqual([refused, refused]);
	await expect(connect(arns.application, 1).query("select 1")).rejects.toMatchObject({ code: "database_unavailable" });
	expect(connectionErrors().at(-1)).toMatchObject({ level: "warn", error: { code: "ECONNREFUSED" } });
});
