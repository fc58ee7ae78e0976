import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { type StageName, stageNames } from "#core/pipeline/stages.ts";
import type { RequestKind } from "#core/pipeline/work-request.ts";
import type { Fairness } from "#core/ports/index.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { postgresStages } from "#postgres/pipeline/stages.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { ageRows } from "../simulation/database-clock.ts";
import { contractDatabase, migratedDatabase, vacuum } from "./databases.ts";
import { processedItem, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { newEvent, newItem, newUser, processed } from "./new-rows.ts";
import { plansOf, rowsReadBy } from "./plans.ts";

const fairness: Fairness = { fairShare: 1, grouped: true };

// A claim sees who else waits, so each test begins with empty tables.
describe("fairness in the fake", () => {
	let ports: FakePorts;
	beforeEach(() => {
		ports = fakePorts();
	});
	contract(
		() => ports,
		async (seconds) => ports.clock.advance(seconds),
	);
});

const empty = await migratedDatabase();
const db = empty.connect(8);

describe(`fairness on ${contractDatabase.title}`, () => {
	beforeEach(async () => {
		await db.query("delete from items");
		await db.query("delete from recent_claims");
	});

	contract(
		() => postgresPorts(db),
		(seconds) => ageRows(db, null, seconds),
	);

	const claimAtOnce = async (user: string, fairShare: number) => {
		const ports = postgresPorts(db);
		const items = await Promise.all(Array.from({ length: 8 }, () => processedItem(ports, user)));
		const claims = await Promise.all(
			items.map(({ id }) => ports.stages.claim(user, id, "analyze", 60, { fairShare, grouped: true })),
		);
		await db.query("delete from items where user_id = $1", [user]);
		return claims.map((claim) => (claim.outcome === "deferred" ? claim.reason : claim.outcome)).sort();
	};

	it.skipIf(!contractDatabase.concurrent)("takes one lease at the same time where another waits", async () => {
		await processedItem(postgresPorts(db), newUser());
		for (let round = 0; round < 5; round++) {
			expect(await claimAtOnce(newUser(), 3)).toEqual(["claimed", ...Array(7).fill("order")]);
		}
	});

	it.skipIf(!contractDatabase.concurrent)(
		"takes no more leases at the same time than a busy person's share",
		async () => {
			await db.query(
				"insert into recent_claims values ($1, 'embed', clock_timestamp(), clock_timestamp() + interval '1 hour')",
				[newUser()],
			);
			for (const fairShare of [1, 2, 3]) {
				const user = newUser();
				await db.query(
					"insert into recent_claims values ($1, 'analyze', clock_timestamp() - interval '1 hour', clock_timestamp())",
					[user],
				);
				const rest = Array(8 - fairShare).fill("fair_share");
				expect(await claimAtOnce(user, fairShare)).toEqual([...Array(fairShare).fill("claimed"), ...rest]);
			}
		},
	);

	it("costs a few rows by index for each person who waits, however many items there are", async () => {
		const heavyUser = newUser();
		const item = await uploaded(postgresPorts(db), heavyUser);
		await db.query(
			`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, arrived_at,
			   attempts, error_code, error_detail)
			 select gen_random_uuid(), case when n <= 60 or n % 2 = 1 then 'user-' || n / 3 else $1 end, 'a.png', 'image/png', 1, 'c',
			   case when n % 2 = 0 or n <= 60 then (array['pending', 'uploaded', 'processed'])[1 + n % 3] else 'failed' end,
			   case when n % 4 = 0 or n <= 60 then clock_timestamp() end, n % 2,
			   case when n % 2 = 1 and n > 60 then 'duplicate' end, case when n % 2 = 1 and n > 60 then 'd' end
			 from generate_series(1, 10000) as n`,
			[heavyUser],
		);
		await db.query("update items set attempts = 0 where status <> 'failed'");
		await db.query(
			`insert into requests (id, item_id, user_id, kind, swept_at)
			 select gen_random_uuid(), id, user_id, 'embed', clock_timestamp() from items where status = 'processed'`,
		);
		await db.query(
			`insert into recent_claims
			 select 'user-' || n, stage, clock_timestamp(), clock_timestamp() - make_interval(secs => n)
			 from generate_series(1, 1000) as n, unnest(array['process', 'analyze', 'embed']) as stage`,
		);
		await vacuum(empty, "items, requests, recent_claims");
		const nodes = await plansOf(db, async (explaining) => {
			const stages = postgresStages(explaining);
			for (const stage of stageNames) await stages.claim(heavyUser, item.id, stage, 60, fairness);
			await stages.forgetClaims(3600);
		});
		const scans = nodes.filter((node) => node["Relation Name"] && node["Node Type"] !== "ModifyTable");
		const indexes = new Set(scans.map((node) => node["Index Name"]));
		for (const index of [
			"items_unclaimed_by_time",
			"items_leased",
			"requests_unclaimed_by_time",
			"recent_claims_by_time",
		]) {
			expect(indexes).toContain(index);
		}
		expect(scans.filter((node) => node["Node Type"] === "Seq Scan")).toEqual([]);
		expect(rowsReadBy(scans)).toBeLessThan(20 * stageNames.length * 5);
	}, 60_000);
});

function contract(get: () => RowPorts, pass: (seconds: number) => Promise<unknown>): void {
	const tryClaim = async ({ userId, id }: Item, stage: StageName, more: Partial<Fairness> = {}, leaseSeconds = 600) =>
		get().stages.claim(userId, id, stage, leaseSeconds, { ...fairness, ...more });
	/** Returns the outcome, or why the claim was deferred. */
	const outcome = async (...args: Parameters<typeof tryClaim>) => {
		const claim = await tryClaim(...args);
		return claim.outcome === "deferred" ? claim.reason : claim.outcome;
	};
	const process = async (item: Item) => {
		const claimed = await tryClaim(item, "process");
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		expect(await get().stages.commitProcessed(claimed.lease, processed(), newEvent("ImageProcessed", item))).toBe(true);
	};
	const request = async ({ userId, id: itemId }: Item, kind: RequestKind) => {
		const fields = { id: randomUUID(), kind, provider: null, model: null };
		const created = await get().requests.create({ ...fields, itemId, userId });
		if (!created) throw new Error("The item is gone.");
		return created;
	};
	const upload = (user: string) => uploaded(get(), user);
	const uploads = async (user: string) => [await upload(user), await upload(user), await upload(user)] as const;

	/** Has the stage serve a person for more than a minute without a break. */
	const keepBusy = async (user: string) => {
		const [first, second] = await uploads(user);
		await process(first);
		await pass(61);
		await process(second);
	};

	it("allows everything while nobody else is there", async () => {
		const ada = newUser();
		await keepBusy(ada);
		for (const item of await uploads(ada)) expect(await outcome(item, "process")).toBe("claimed");
	});

	it("puts off whoever has something in work while another waits who has nothing", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const [first, second] = await uploads(ada);
		const theirs = await upload(bob);
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await tryClaim(second, "process")).toMatchObject({
			outcome: "deferred",
			reason: "order",
			held: 1,
			seconds: 2,
		});
		await pass(50);
		const again = await tryClaim(second, "process");
		expect(again.outcome === "deferred" && again.waitedSeconds).toBeCloseTo(50, -1);
		expect(await outcome(theirs, "process")).toBe("claimed");
		expect(await outcome(second, "process"), "nobody else waits").toBe("claimed");
	});

	it("has ten of a person's come back in a second, however many are put off", async () => {
		const ada = newUser();
		const [first, second] = await uploads(ada);
		for (let count = 0; count < 30; count++) await upload(ada);
		await upload(newUser());
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await tryClaim(second, "process")).toMatchObject({ outcome: "deferred", seconds: 3 });
	});

	it("puts off a busy person who was served later than another who waits, and nobody else for that", async () => {
		const [ada, bob] = [newUser(), newUser()];
		await keepBusy(ada);
		const mine = await uploads(ada);
		const theirs = await uploads(bob);
		expect(await tryClaim(mine[0], "process")).toMatchObject({ outcome: "deferred", reason: "order", held: 0 });
		await process(theirs[0]);
		await process(theirs[1]);
		expect(await outcome(mine[1], "process"), "Bob was served later").toBe("claimed");
	});

	it("puts nobody off who has nothing in work and was served more than five minutes ago", async () => {
		const ada = newUser();
		await keepBusy(ada);
		const item = await upload(ada);
		await pass(240);
		await upload(newUser());
		expect(await outcome(item, "process")).toBe("order");
		await pass(61);
		expect(await outcome(item, "process")).toBe("claimed");
	});

	it("does not wait for work that is put off itself", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const mine = [...(await uploads(ada)), await upload(ada)] as const;
		const theirs = await uploads(bob);
		expect(await outcome(theirs[0], "process")).toBe("claimed");
		expect(await outcome(theirs[1], "process")).toBe("order");
		expect(await outcome(theirs[2], "process")).toBe("order");
		for (const item of mine.slice(0, 3)) expect(await outcome(item, "process")).toBe("claimed");
		await pass(3);
		expect(await outcome(mine[3], "process")).toBe("order");
	});

	it("waits for what comes within two seconds if the person is busy", async () => {
		const [ada, bob] = [newUser(), newUser()];
		await keepBusy(ada);
		const mine = await uploads(ada);
		const theirs = await uploads(bob);
		expect(await outcome(theirs[0], "process")).toBe("claimed");
		expect(await outcome(theirs[1], "process")).toBe("order");
		expect(await outcome(theirs[2], "process")).toBe("order");
		expect(await outcome(mine[0], "process", { fairShare: 3 })).toBe("claimed");
		expect(await outcome(mine[1], "process", { fairShare: 3 })).toBe("order");
	});

	it("does not wait for work that could be received for two minutes, until the sweeper restarts it", async () => {
		await upload(newUser());
		await pass(121);
		const [first, second, third] = await uploads(newUser());
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(second, "process"), "the message may be lost").toBe("claimed");
		const restarted = await get().stages.claimStalled({ idleSeconds: 120, againSeconds: 900, limit: 10 });
		expect(restarted).toHaveLength(1);
		expect(await outcome(third, "process")).toBe("order");
	});

	it("keeps a busy person to the share for a minute after another's claim in any stage", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const [first, second, third] = await uploads(ada);
		const theirs = await processedItem(get(), bob);
		expect(await outcome(first, "process")).toBe("claimed");
		await pass(61);
		expect(await outcome(theirs, "analyze")).toBe("claimed");
		expect(await tryClaim(second, "process")).toMatchObject({ outcome: "deferred", reason: "fair_share", held: 1 });
		expect(await outcome(second, "process", { fairShare: 2 })).toBe("claimed");
		await pass(61);
		expect(await outcome(third, "process", { fairShare: 2 })).toBe("claimed");
	});

	it("keeps nobody to the share who had a break within the last minute", async () => {
		const ada = newUser();
		await processedItem(get(), newUser());
		for (let count = 0; count < 3; count++) {
			await process(await upload(ada));
			await pass(50);
		}
		await processedItem(get(), newUser());
		for (const item of await uploads(ada)) expect(await outcome(item, "process")).toBe("claimed");
	});

	it("does not wait for a busy person who holds the share", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const theirs = await uploads(bob);
		expect(await outcome(theirs[0], "process")).toBe("claimed");
		await pass(61);
		const mine = await uploads(ada);
		expect(await outcome(theirs[1], "process")).toBe("fair_share");
		for (const item of mine) expect(await outcome(item, "process"), "Bob may hold no more").toBe("claimed");
	});

	it("does not count an expired lease of the person", async () => {
		const [first, second] = await uploads(newUser());
		await upload(newUser());
		expect(await outcome(first, "process", {}, 0)).toBe("claimed");
		expect(await outcome(second, "process")).toBe("claimed");
	});

	it("does not mix stages", async () => {
		const [first, second] = await uploads(newUser());
		await processedItem(get(), newUser());
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(second, "process")).toBe("claimed");
	});

	it("puts off a message without a group at the share, to come back at once", async () => {
		const ada = newUser();
		const { item: announced } = await get().items.create(newItem(ada));
		expect(await outcome(await upload(ada), "process", { grouped: false })).toBe("claimed");
		expect(await tryClaim(announced, "process", { grouped: false })).toMatchObject({
			reason: "fair_share",
			held: 1,
			seconds: 0,
		});
	});

	it("knows of an announced upload once a claim of it was deferred", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const [first, second, third] = await uploads(ada);
		const { item: announced } = await get().items.create(newItem(bob));
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(second, "process"), "Bob's file has not come").toBe("claimed");
		const { item: running } = await get().items.create(newItem(bob));
		expect(await outcome(running, "process", { grouped: false })).toBe("claimed");
		expect(await outcome(announced, "process", { grouped: false })).toBe("fair_share");
		expect(await outcome(third, "process")).toBe("order");
		await get().items.reopen(bob, announced.id, { mimeType: "image/png", fileSize: 3 });
		expect(await outcome(third, "process"), "another file is announced").toBe("claimed");
	});

	it("gives a done, busy or unknown item its usual answer", async () => {
		const leased = await upload(newUser());
		await upload(newUser());
		expect(await outcome(leased, "process")).toBe("claimed");
		expect(await tryClaim(leased, "process")).toEqual({ outcome: "busy", secondsLeft: 600 });
		expect(await outcome({ ...leased, id: randomUUID() }, "process")).toBe("gone");
		expect(await outcome(leased, "analyze")).toBe("done");
	});

	it("puts off requests likewise", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const { item: first } = await readyItem(get(), ada);
		const { item: second } = await readyItem(get(), ada);
		const { item: theirs } = await readyItem(get(), bob);
		const claimRequest = async (item: Item, { id }: { id: string }) =>
			get().stages.claimRequest(item.userId, item.id, id, 60, fairness);
		const waiting = await request(theirs, "resize");
		const [mine, next] = [await request(first, "resize"), await request(second, "resize")];
		expect(await claimRequest(first, mine)).toMatchObject({ outcome: "claimed" });
		expect(await claimRequest(second, next)).toMatchObject({
			outcome: "deferred",
			reason: "order",
			held: 1,
			seconds: 2,
		});
		expect(await claimRequest(second, await request(second, "analyze"))).toMatchObject({ outcome: "claimed" });
		expect(await claimRequest(theirs, waiting)).toMatchObject({ outcome: "claimed" });
	});

	it("waits for an embedding of another's rebuild once it was given out", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const { item: theirs } = await readyItem(get(), bob);
		const requests: [Item, string][] = [];
		for (let count = 0; count < 3; count++) {
			const { item } = await readyItem(get(), ada);
			requests.push([item, (await request(item, "embed")).id]);
		}
		await request(theirs, "embed");
		const claims: string[] = [];
		for (const [item, id] of requests) {
			if (claims.length === 2) await get().requests.claimRebuildBatch(bob, 1);
			claims.push((await get().stages.claimRequest(ada, item.id, id, 60, fairness)).outcome);
		}
		expect(claims).toEqual(["claimed", "claimed", "deferred"]);
	});

	it("forgets who was served when the sweeper says so", async () => {
		const ada = newUser();
		await keepBusy(ada);
		const item = await upload(ada);
		await upload(newUser());
		await get().stages.forgetClaims(3600);
		expect(await outcome(item, "process")).toBe("order");
		await get().stages.forgetClaims(0);
		expect(await outcome(item, "process")).toBe("claimed");
	});
}
