import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "#postgres/database.ts";
import { contractDatabase, type EmptyDatabase, migratedDatabase } from "../contracts/databases.ts";
import { everyFault } from "../simulation/every-fault.ts";
import type { FaultKind } from "../simulation/faulty-ports.ts";
import { Simulator } from "../simulation/simulator.ts";
import { runWorkload, undeletedItems } from "../simulation/workload.ts";

// All kinds run on the fakes in two seconds; here run those whose outcome depends on the database's statements.
const kinds: Record<"native" | "PGlite", FaultKind[]> = {
	native: ["killed after", "frozen before", "overtaken by its item's deletion before"],
	PGlite: ["killed after"],
};

const db = (await migratedDatabase()).connect(6);

describe(`the pipeline on ${contractDatabase.title}`, () => {
	everyFault(() => new Simulator(db), kinds[contractDatabase.concurrent ? "native" : "PGlite"]);

	it("a simulator verifies its own items only, whatever an earlier one left in the database", async () => {
		const earlier = new Simulator(db);
		await earlier.upload();
		const simulator = new Simulator(db);
		const itemId = await simulator.upload();
		await simulator.drain();
		await earlier.advance(3600);
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
	});
});

describe(`six concurrent workers on ${contractDatabase.title}`, () => {
	let empty: EmptyDatabase;
	let db: Database;
	// Items that an earlier simulator left waiting would take turns with those of the next.
	beforeEach(async () => {
		empty = await contractDatabase.createMigrated();
		db = empty.connect(6);
	});
	afterEach(() => empty?.drop());

	const workload = { lost: 20, duplicated: 60, reordered: true, workers: 6 };

	it.each([4, 9])("commit each stage once though events are duplicated, late and lost (seed %i)", async (seed) => {
		const simulator = await runWorkload(db, { ...workload, seed });
		expect(await simulator.verify({ ready: undeletedItems(simulator) })).toEqual([]);
	});

	it("bring every item to its end once, though some of them die (seed 6)", async () => {
		const simulator = await runWorkload(db, { ...workload, seed: 6, faults: 20 });
		expect(await simulator.verify()).toEqual([]);
	});
});
