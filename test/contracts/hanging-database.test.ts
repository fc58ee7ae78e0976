import { createServer, connect as dial, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectDatabase, type Database } from "#postgres/database.ts";
import { postgresHealth } from "#postgres/health.ts";
import { sql } from "#postgres/sql.ts";
import { ada, testApi } from "../unit/api/test-api.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";

let empty: EmptyDatabase;
let proxy: FreezingProxy;
let db: Database;
beforeAll(async () => {
	empty = await contractDatabase.create();
	proxy = await freezingProxy(empty.address);
	db = connectDatabase({ ...empty.address, port: proxy.port, credentials: async () => empty.master });
});
afterAll(async () => {
	await db?.close();
	await proxy?.close();
	await empty?.drop();
});

test("a database that hangs does not keep /health waiting for 17 seconds, nor its connections for what comes after", async () => {
	const { as } = testApi({ ports: { health: postgresHealth(db) } });
	expect((await as(ada)("GET", "/health")).body).toMatchObject({ status: "healthy" });
	proxy.freeze();
	// The first finds an open connection, the second opens one, and the third waits for either.
	const started = performance.now();
	const answers = await Promise.all([1, 2, 3].map(() => as(ada)("GET", "/health")));
	expect(answers.map(({ status, body }) => [status, body.status])).toEqual(Array(3).fill([503, "unhealthy"]));
	expect(performance.now() - started).toBeLessThan(2_900);
	proxy.thaw();
	expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
	expect((await as(ada)("GET", "/health")).status).toBe(200);
});

interface FreezingProxy {
	port: number;
	/** From now on connections are accepted and say nothing, those that are open and new ones. */
	freeze(): void;
	/** Lets new connections through; frozen ones stay silent. */
	thaw(): void;
	close(): Promise<void>;
}

/** A TCP proxy before PostgreSQL that stands for a server whose disk hangs. */
async function freezingProxy(server: { host: string; port: number }): Promise<FreezingProxy> {
	const sockets = new Set<Socket>();
	let isFrozen = false;
	const proxy = createServer((client) => {
		const pair = isFrozen ? [client] : [client, dial(server.port, server.host)];
		for (const socket of pair) {
			sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				sockets.delete(socket);
				for (const end of pair) end.destroy();
			});
		}
		const [, upstream] = pair;
		if (upstream) client.pipe(upstream).pipe(client);
	});
	await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
	return {
		port: (proxy.address() as { port: number }).port,
		freeze() {
			isFrozen = true;
			for (const socket of sockets) socket.unpipe().pause();
		},
		thaw() {
			isFrozen = false;
		},
		async close() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => proxy.close(resolve));
		},
	};
}
