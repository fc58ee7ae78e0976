import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "#lambdas/migrate/connect.ts";
import { connectDatabase, type Database } from "#postgres/database.ts";
import { contractDatabase, type EmptyDatabase, native } from "./databases.ts";

const patient = { interval: 20, timeout: 10_000 };
const unavailable = { code: "database_unavailable" };
const anyCredentials = { username: "postgres", password: "any" };
const opened: Database[] = [];
const servers: Server[] = [];

function connect(settings: Parameters<typeof connectDatabase>[0]): Database {
	const db = connectDatabase(settings);
	opened.push(db);
	return db;
}

/** Starts a TCP server that passes each connection to `serve`. */
async function listen(serve: (socket: Socket) => void): Promise<number> {
	const server = createServer(serve);
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
	return (server.address() as { port: number }).port;
}

const at = (port: number, tls = "off") => ({
	host: "127.0.0.1",
	port,
	database: "collections",
	tls,
	credentials: async () => anyCredentials,
});

afterEach(async () => {
	for (const db of opened.splice(0)) await db.close();
	for (const server of servers.splice(0)) server.close();
});

describe("a database that is unavailable", () => {
	it("is unavailable if nothing listens", async () => {
		const port = await listen(() => {});
		servers.pop()?.close();
		await expect(connect(at(port)).query("select 1")).rejects.toMatchObject({
			...unavailable,
			cause: { code: "ECONNREFUSED" },
		});
	});

	it("is unavailable if the connection breaks at once", async () => {
		const port = await listen((socket) => socket.destroy());
		await expect(connect(at(port)).query("select 1")).rejects.toMatchObject(unavailable);
	});

	it("is unavailable after three seconds without an answer", async () => {
		const port = await listen((socket) => socket.on("error", () => {}));
		await expect(connect(at(port)).query("select 1")).rejects.toMatchObject(unavailable);
	});

	it("gets no data without TLS if TLS is required", async () => {
		let bytesReceived = 0;
		const port = await listen((socket) => {
			socket.on("error", () => {});
			socket.on("data", (data) => {
				bytesReceived += data.length;
				socket.write("N");
			});
		});
		await expect(connect(at(port, "verify-full")).query("select 1")).rejects.toThrow(/SSL/);
		expect(bytesReceived).toBe(8); // the request for TLS alone
	});

	it("gets no connection if the TLS mode is misspelt", async () => {
		await expect(connect(at(1, "verify_full")).query("select 1")).rejects.toThrow(/verify-full or off/);
	});

	it("answers again once it is back", async () => {
		let isDown = true;
		const empty = await contractDatabase.create();
		const port = await listen((socket) => {
			if (isDown) return void socket.destroy();
			const { connect: open } = process.getBuiltinModule("node:net");
			const upstream = open(empty.address.port, empty.address.host);
			for (const [from, to] of [
				[socket, upstream],
				[upstream, socket],
			] as const) {
				from.on("error", () => to.destroy());
				from.pipe(to);
			}
		});
		const db = connect({
			...at(port),
			database: empty.address.database,
			credentials: async () => empty.master,
		});
		try {
			await expect(db.query("select 1")).rejects.toMatchObject(unavailable);
			isDown = false;
			expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
		} finally {
			await db.close();
			await empty.drop();
		}
	});
});

describe("credentials", () => {
	/** Starts a server that speaks PostgreSQL's protocol and refuses every password but one. */
	const refusing = (password: string) =>
		listen((socket) => {
			let started = false;
			socket.on("error", () => {});
			socket.on("data", (data) => {
				const message = (type: string, body: Buffer) => {
					const length = Buffer.alloc(4);
					length.writeInt32BE(body.length + 4);
					return Buffer.concat([Buffer.from(type), length, body]);
				};
				if (!started) {
					started = true;
					socket.write(message("R", Buffer.from([0, 0, 0, 3])));
				} else if (data.toString().includes(password)) {
					socket.write(message("R", Buffer.alloc(4)));
					socket.write(message("Z", Buffer.from("I")));
				} else {
					const fields = "SFATAL\0VFATAL\0C28P01\0Mwrong password\0\0";
					socket.end(message("E", Buffer.from(fields)));
				}
			});
		});

	it("are read at the first statement and not before", async () => {
		let reads = 0;
		const db = connect({
			...at(1),
			credentials: async () => {
				reads += 1;
				return anyCredentials;
			},
		});
		expect(reads).toBe(0);
		await expect(db.query("select 1")).rejects.toMatchObject(unavailable);
		expect(reads).toBe(1);
	});

	it("that are refused are read once more with `fresh`", async () => {
		const freshFlags: unknown[] = [];
		const port = await refusing("new-password");
		const db = connect({
			...at(port),
			credentials: async (options) => {
				freshFlags.push(options?.fresh);
				const password = options?.fresh ? "new-password" : "old-password";
				return { username: "app", password };
			},
		});
		// The server accepts the password and then answers no statement: the connection ends with the test.
		const answer = db.query("select 1").catch(() => {});
		await expect.poll(() => freshFlags).toEqual([false, true]);
		for (const server of servers) server.close();
		void answer;
	});

	it("that are refused twice fail the call, and are read again by the next", async () => {
		let reads = 0;
		const db = connect({
			...at(await refusing("never")),
			credentials: async () => {
				reads += 1;
				return anyCredentials;
			},
		});
		for (const expected of [2, 3]) {
			await expect(db.query("select 1")).rejects.toMatchObject({
				...unavailable,
				cause: { code: "28P01" },
			});
			expect(reads).toBeGreaterThanOrEqual(expected);
		}
	});
});

describe.skipIf(native.skip)(`a connection to ${native.title}`, () => {
	let empty: EmptyDatabase;
	beforeAll(async () => {
		empty = await native.create();
		await empty.migrate();
	});
	afterAll(() => empty?.drop());

	/** Counts the other connections whose last statement begins with a text. */
	const countStatements = (beginning = "") =>
		withClient(empty.address, empty.master, async (client) => {
			const { rows } = await client.query<{ count: number }>(
				`select count(*)::int as count from pg_stat_activity
				 where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
				   and starts_with(query, $1)`,
				[beginning],
			);
			return rows[0]?.count;
		});

	/** Ends every other connection, and waits until the server has none. */
	const killAll = async () => {
		await withClient(empty.address, empty.master, (client) =>
			client.query(
				"select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
			),
		);
		await expect.poll(() => countStatements(), patient).toBe(0);
	};

	it("that the server ends while idle is replaced without an error", async () => {
		const db = empty.connect();
		await db.query("select 1");
		await killAll();
		expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
	});

	it("that the server ends under a statement makes the call unavailable", async () => {
		const db = empty.connect();
		const slow = db.query("select pg_sleep(10)").catch((error) => error);
		await expect.poll(() => countStatements("select pg_sleep"), patient).toBe(1);
		await killAll();
		expect(await slow).toMatchObject(unavailable);
		expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
	});

	it("that the server ends inside a transaction commits nothing of it", async () => {
		const db = empty.connect();
		const broken = db.transaction(async (tx) => {
			await tx.query("insert into tombstones (item_id, user_id) values (gen_random_uuid(), 'broken')");
			await killAll();
			await tx.query("select 1");
		});
		await expect(broken).rejects.toMatchObject(unavailable);
		expect(await db.query("select * from tombstones where user_id = 'broken'")).toEqual([]);
	});

	it("rolls a transaction back when its work throws, and passes the error on", async () => {
		const db = empty.connect();
		const error = new Error("mine");
		await expect(
			db.transaction(async (tx) => {
				await tx.query("insert into tombstones (item_id, user_id) values (gen_random_uuid(), 'thrown')");
				throw error;
			}),
		).rejects.toBe(error);
		expect(await db.query("select * from tombstones where user_id = 'thrown'")).toEqual([]);
	});

	it("is refused if no authority of Amazon's signed the certificate", async () => {
		const db = connectDatabase({
			...empty.address,
			tls: "verify-full",
			credentials: async () => empty.application,
		});
		await expect(db.query("select 1")).rejects.toThrow(/certificate/);
	});

	it("passes a statement's errors on unchanged", async () => {
		await expect(empty.connect().query("select 1 / 0")).rejects.toMatchObject({
			code: "22012",
		});
	});

	it("limits a statement to fifteen seconds", async () => {
		expect(await empty.connect().query("show statement_timeout")).toEqual([{ statement_timeout: "15s" }]);
	});

	it("opens two connections at most by default", async () => {
		await killAll(); // connections of earlier tests
		const db = connectDatabase({
			...empty.address,
			credentials: async () => empty.application,
		});
		let haveEnded = false;
		const statements = Promise.all(Array.from({ length: 8 }, () => db.query("select pg_sleep(0.05)"))).finally(() => {
			haveEnded = true;
		});
		const counts: number[] = [];
		await withClient(empty.address, empty.master, async (client) => {
			while (!haveEnded) {
				const { rows } = await client.query<{ count: number }>(
					"select count(*)::int as count from pg_stat_activity where usename = $1",
					[empty.application.username],
				);
				counts.push(rows[0]?.count ?? 0);
			}
		});
		await statements;
		await db.close();
		expect(Math.max(...counts)).toBeGreaterThan(0);
		expect(Math.max(...counts)).toBeLessThanOrEqual(2);
	});
});
