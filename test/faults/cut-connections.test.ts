import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "#postgres/database.ts";
import { type EmptyDatabase, native } from "../contracts/databases.ts";
import { scenarios, scenarioTitled } from "../simulation/scenarios.ts";
import { Simulator } from "../simulation/simulator.ts";
import { type CuttingProxy, cuts, cuttingProxy } from "./cutting-proxy.ts";

// PGlite has one session and no administrator who ends others: only a real server can be cut like this.
describe.skipIf(native.skip)(`a connection of ${native.title}`, () => {
	let empty: EmptyDatabase;
	let proxy: CuttingProxy;
	let db: Database;
	beforeAll(async () => {
		empty = await native.create();
		await empty.migrate();
		const direct = empty.connect(1);
		proxy = await cuttingProxy(empty.address, (pid) => direct.query("select pg_terminate_backend($1)", [pid]));
		db = connectDatabase({
			...empty.address,
			port: proxy.port,
			credentials: async () => empty.application,
			maxConnections: 1,
		});
	});
	afterAll(async () => {
		await db?.close();
		await proxy?.close();
		await empty?.drop();
	});

	it.each(cuts)("%s a read is opened anew, and the read answers", async (cut) => {
		proxy.arm(cut, 0);
		expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
		expect(proxy.disarm()).toBe(true);
	});

	it.each(cuts)("%s a write fails the write, which may have been done", async (cut) => {
		proxy.arm(cut, 0);
		await expect(db.query("delete from tombstones")).rejects.toMatchObject({ code: "database_unavailable" });
		expect(proxy.disarm()).toBe(true);
		expect(await db.query("delete from tombstones")).toEqual([]);
	});

	it("that a failover ended with all others of the pool, unnoticed, fails no read", async () => {
		const pool = connectDatabase({
			...empty.address,
			port: proxy.port,
			credentials: async () => empty.application,
			maxConnections: 3,
		});
		try {
			await Promise.all([1, 2, 3].map(() => pool.query("select pg_sleep(0.1)")));
			proxy.failOver();
			expect(await pool.query("select 1 as one")).toEqual([{ one: 1 }]);
			// The connection that the tests share is lost, too.
			expect(await db.query("select 1 as one")).toEqual([{ one: 1 }]);
		} finally {
			await pool.close();
		}
	});

	const userScenarios = scenarios.filter(({ title }) => !title.startsWith("the sweeper"));
	const sweeperScenarios = [
		"the sweeper sending an event that was committed and not sent",
		"the sweeper restarting a request whose event was lost",
		"the sweeper finishing a deletion",
	].map(scenarioTitled);
	describe.each([...userScenarios, ...sweeperScenarios])("during $title", (scenario) => {
		afterAll(() => empty.clear());

		it.each(cuts)(
			"%s any exchange with the server loses and duplicates nothing",
			async (cut) => {
				const violations: string[] = [];
				let at = 0;
				for (; ; at++) {
					const simulator = new Simulator(db);
					const itemId = await scenario.arrange(simulator);
					proxy.arm(cut, at);
					await scenario.run(simulator, simulator.process(), itemId);
					if (!proxy.disarm()) break;
					await scenario.retry?.(simulator, itemId);
					const live = simulator.accepted.filter((id) => !simulator.deleted.includes(id));
					const found = await simulator.verify({
						ready: scenario.mayFail ? [] : live,
					});
					violations.push(...found.map((text) => `${cut} exchange ${at}: ${text}`));
				}
				expect(violations).toEqual([]);
				expect(at).toBeGreaterThan(0);
			},
			120_000,
		);
	});
});
