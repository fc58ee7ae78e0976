import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectDatabase, type Database } from "#postgres/database.ts";
import { scenarios, scenarioTitled } from "../simulation/scenarios.ts";
import { Simulator } from "../simulation/simulator.ts";
import { type CuttingProxy, cuts, cuttingProxy } from "./cutting-proxy.ts";
import { type EmptyDatabase, native } from "./databases.ts";

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

	const userScenarios = scenarios.filter(({ title }) => !title.startsWith("the sweeper"));
	const sweeperScenarios = [
		"the sweeper sending an event that was committed and not sent",
		"the sweeper restarting a request whose event was lost",
		"the sweeper finishing a deletion",
	].map(scenarioTitled);
	describe.each([...userScenarios, ...sweeperScenarios])("during $title", (scenario) => {
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
