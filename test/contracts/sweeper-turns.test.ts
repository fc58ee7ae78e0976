import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { originalKey } from "#core/items/item.ts";
import { sweep } from "#core/pipeline/sweep.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import type { Database } from "#postgres/database.ts";
import { postgresOutbox } from "#postgres/pipeline/outbox.ts";
import { postgresRequests } from "#postgres/pipeline/requests.ts";
import { postgresStages } from "#postgres/pipeline/stages.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase, vacuum } from "./databases.ts";
import { processedItem, readyItem, uploaded } from "./item-states.ts";
import { newItem, newUser } from "./new-rows.ts";
import { plansOf, rowsReadBy } from "./plans.ts";

type SweptPorts = Ports & { events: ReturnType<typeof fakePorts>["events"] };

/** A sweep sees every tenant, so each test begins with empty tables. */
interface Arranged {
	ports: SweptPorts;
	/** Makes every row older. */
	pass(seconds: number): Promise<void>;
}

describe("the sweeper's turns in the fake", () => {
	contract(() => {
		const ports = fakePorts();
		return { ports, pass: async (seconds) => ports.clock.advance(seconds) };
	});
});

const empty = await migratedDatabase();
const db = empty.connect(2);

describe(`the sweeper's turns on ${contractDatabase.title}`, () => {
	beforeEach(async () => {
		await db.query("delete from items");
		await db.query("delete from tombstones");
	});

	contract(() => ({
		ports: { ...fakePorts(), ...postgresPorts(db), clock: { now: () => new Date() } },
		async pass(seconds) {
			const older = (names: string) =>
				names
					.split(" ")
					.map((name) => `${name} = ${name} - make_interval(secs => ${seconds})`)
					.join();
			await db.query(`update items set ${older("stage_at swept_at")}`);
			await db.query(`update requests set ${older("touched_at swept_at")}`);
			await db.query(`update outbox set ${older("created_at")}`);
			await db.query(`update tombstones set ${older("deleted_at swept_at")}`);
		},
	}));

	/** Counts the rows that the port's statements read from tables. */
	const rowsRead = async (run: (explaining: Database) => Promise<unknown>) =>
		rowsReadBy((await plansOf(db, run)).filter((node) => node["Relation Name"]));

	it("reads few of the rows of a person who has thousands", async () => {
		const [heavyUser, lightUser] = [newUser(), newUser()];
		const { item } = await readyItem(postgresPorts(db), lightUser);
		await db.query(
			`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, stage_at)
			 select gen_random_uuid(), $1, 'a.png', 'image/png', 1, 'c', (array['pending', 'uploaded'])[1 + n % 2],
			   clock_timestamp() - interval '1 day'
			 from generate_series(1, 6000) as n`,
			[heavyUser],
		);
		await db.query(
			`insert into requests (id, item_id, user_id, kind, touched_at)
			 select gen_random_uuid(), id, user_id, 'resize', clock_timestamp() - interval '1 day' from items where user_id = $1`,
			[heavyUser],
		);
		await db.query(
			`insert into outbox (id, item_id, user_id, type, detail, created_at)
			 select id, id, user_id, 'ItemReady', '{}', clock_timestamp() - interval '1 day' from items where user_id = $1`,
			[heavyUser],
		);
		await db.query(
			`insert into tombstones (item_id, user_id, deleted_at)
			 select gen_random_uuid(), $1, clock_timestamp() - interval '1 day' from generate_series(1, 30000)`,
			[heavyUser],
		);
		await db.query("insert into tombstones (item_id, user_id) values ($1, $2)", [item.id, lightUser]);
		// As after an autovacuum: what earlier tests deleted would make the planner count on larger tables.
		await vacuum(empty, "items, requests, outbox, tombstones");
		const options = { idleSeconds: 0, againSeconds: 900, limit: 50 };
		const claims = {
			stalled: (db: Database) => postgresStages(db).claimStalled(options),
			pending: (db: Database) => postgresStages(db).claimPending({ ...options, overdueSeconds: 4_500 }),
			requests: (db: Database) => postgresRequests(db).claimStalled({ ...options, maxPerRebuild: 20 }),
			outbox: (db: Database) => postgresOutbox(db).unsent({ olderThanSeconds: 0, limit: 50 }),
			tombstones: (db: Database) => postgresStages(db).claimTombstones({ ...options, olderThanSeconds: 0 }),
		};
		for (const [name, claim] of Object.entries(claims)) {
			expect({ name, few: (await rowsRead(claim)) < 10 * options.limit }).toEqual({ name, few: true });
		}
	});
});

/** PGlite takes half a minute for a thousand statements on a busy machine. */
const manyStatementsMs = 120_000;

function contract(arrange: () => Arranged): void {
	const [heavyUser, lightUser] = [newUser(), newUser()];
	const sweepOptions = { idleSeconds: 60, againSeconds: 600, limit: 5 };

	it(
		"restarts a person's stalled item and upload in one sweep, whatever another left pending",
		async () => {
			const { ports, pass } = arrange();
			for (let count = 0; count < 680; count++) await ports.items.create(newItem(heavyUser));
			await pass(60);
			const stalled = await uploaded(ports, lightUser);
			const { item: arrived } = await ports.items.create(newItem(lightUser));
			await ports.objects.put(originalKey(arrived), new Uint8Array([1]), "image/png");
			await pass(600);
			expect(await sweep(ports)).toMatchObject({ itemsRestarted: 2, uploadsMissing: 0 });
			expect(ports.events.published.map(({ detail }) => detail.item_id)).toEqual([stalled.id, arrived.id]);
		},
		manyStatementsMs,
	);

	it(
		"fails every missing upload in the first sweep after its time, also right after a sweep",
		async () => {
			const { ports, pass } = arrange();
			const overdueSeconds = 75 * 60;
			for (let count = 0; count < 680; count++) await ports.items.create(newItem(heavyUser));
			const { item } = await ports.items.create(newItem(lightUser));
			await pass(overdueSeconds - 150);
			expect(await sweep(ports)).toMatchObject({ uploadsMissing: 0 });
			await pass(160);
			expect(await sweep(ports)).toMatchObject({ uploadsMissing: 681, errors: [] });
			expect((await ports.items.find(lightUser, item.id))?.item.error?.code).toBe("upload_missing");
		},
		manyStatementsMs,
	);

	it("takes one item of each person before a second of any, and none twice before all others", async () => {
		const { ports, pass } = arrange();
		for (let count = 0; count < 7; count++) await processedItem(ports, heavyUser);
		await pass(60);
		for (let count = 0; count < 2; count++) await uploaded(ports, lightUser);
		await pass(600);
		const claim = async () => (await ports.stages.claimStalled(sweepOptions)).map(({ item }) => item);
		const first = await claim();
		expect(first.map(({ userId }) => userId)).toEqual([heavyUser, lightUser, heavyUser, lightUser, heavyUser]);
		const second = await claim();
		expect(second.map(({ userId }) => userId)).toEqual([heavyUser, heavyUser, heavyUser, heavyUser]);
		expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(9);
		await pass(700);
		expect((await claim()).map(({ id }) => id)).toContain(first[0]?.id);
	});

	it("takes requests in turns, too", async () => {
		const { ports, pass } = arrange();
		const request = async (userId: string) => {
			const { item } = await readyItem(ports, userId);
			const fields = { kind: "resize", provider: null, model: null } as const;
			return ports.requests.create({ id: randomUUID(), itemId: item.id, userId, ...fields });
		};
		for (let count = 0; count < 7; count++) await request(heavyUser);
		await pass(60);
		await request(lightUser);
		await pass(600);
		const claimed = await ports.requests.claimStalled({ ...sweepOptions, maxPerRebuild: 20 });
		expect(claimed.map(({ request }) => request.userId)).toEqual([
			heavyUser,
			lightUser,
			heavyUser,
			heavyUser,
			heavyUser,
		]);
	});

	it("sends events in turns, too", async () => {
		const { ports, pass } = arrange();
		for (let count = 0; count < 7; count++) await processedItem(ports, heavyUser);
		await pass(60);
		await processedItem(ports, lightUser);
		await pass(60);
		const unsent = await ports.outbox.unsent({ olderThanSeconds: 30, limit: 3 });
		expect(unsent.map(({ detail }) => detail.user_id)).toEqual([heavyUser, lightUser, heavyUser]);
	});

	it("takes tombstones in turns, too, and again only after a while", async () => {
		const { ports, pass } = arrange();
		const remove = async (userId: string) => {
			const { item } = await ports.items.create(newItem(userId));
			await ports.items.delete(userId, item.id);
		};
		for (let count = 0; count < 7; count++) await remove(heavyUser);
		await pass(60);
		await remove(lightUser);
		await pass(600);
		const claim = async () => {
			const claimed = await ports.stages.claimTombstones({ olderThanSeconds: 300, againSeconds: 600, limit: 5 });
			return claimed.map(({ userId }) => userId);
		};
		expect(await claim()).toEqual([heavyUser, lightUser, heavyUser, heavyUser, heavyUser]);
		expect(await claim()).toEqual([heavyUser, heavyUser, heavyUser]);
		expect(await claim()).toEqual([]);
		await pass(700);
		expect(await claim()).toEqual([heavyUser, lightUser, heavyUser, heavyUser, heavyUser]);
	});
}
