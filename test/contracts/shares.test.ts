import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Item } from "#core/items/item.ts";
import { type StageName, stageNames } from "#core/pipeline/stages.ts";
import type { RequestKind } from "#core/pipeline/work-request.ts";
import type { Share } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { type Database, queryRows, type Statement } from "#postgres/database.ts";
import { postgresStages } from "#postgres/pipeline/stages.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";
import { processedItem, type RowPorts, readyItem, uploaded } from "./item-states.ts";
import { newItem, newUser, processed } from "./new-rows.ts";

const share: Share = { max: 1, always: false };

// A claim sees who else waits, so each test begins with empty tables.
describe("a share in the fake", () => {
	let ports: RowPorts;
	beforeEach(() => {
		ports = fakePorts();
	});
	contract(() => ports);
});

describe(`a share on ${contractDatabase.title}`, () => {
	let empty: EmptyDatabase;
	let db: Database;
	beforeAll(async () => {
		empty = await contractDatabase.createMigrated();
		db = empty.connect(8);
	});
	afterAll(() => empty?.drop());
	beforeEach(async () => {
		await db.query("delete from items");
	});

	contract(() => postgresPorts(db));

	it.skipIf(!contractDatabase.concurrent)("is not exceeded by claims at the same time", async () => {
		const ports = postgresPorts(db);
		const user = newUser();
		await processedItem(ports, newUser());
		for (let round = 0; round < 5; round++) {
			const items = await Promise.all(Array.from({ length: 8 }, () => processedItem(ports, user)));
			const max = 1 + (round % 3);
			const claims = await Promise.all(
				items.map(({ id }) => ports.stages.claim(user, id, "analyze", 60, { max, always: false })),
			);
			const outcomes = claims.map(({ outcome }) => outcome).sort();
			expect(outcomes).toEqual([...Array(max).fill("claimed"), ...Array(8 - max).fill("deferred")]);
			await db.query("delete from items where user_id = $1", [user]);
		}
	});

	it("costs a few rows by index, however many items there are and whose they are", async () => {
		const heavyUser = newUser();
		const item = await uploaded(postgresPorts(db), heavyUser);
		await db.query(
			`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, arrived_at,
			   attempts, error_code, error_detail)
			 select gen_random_uuid(), case when n % 2 = 0 then $1 else 'user-' || n end, 'a.png', 'image/png', 1, 'c',
			   case when n % 2 = 0 then (array['pending', 'uploaded', 'processed'])[1 + n / 2 % 3] else 'failed' end,
			   case when n % 4 = 0 then clock_timestamp() end, n % 2,
			   case when n % 2 = 1 then 'duplicate' end, case when n % 2 = 1 then 'd' end
			 from generate_series(1, 10000) as n`,
			[heavyUser],
		);
		await db.query(
			`insert into requests (id, item_id, user_id, kind)
			 select gen_random_uuid(), id, user_id, 'embed' from items where status = 'processed'`,
		);
		await withClient(empty.address, empty.migration, (client) => queryRows(client, "analyze items, requests"));
		const nodes: PlanNode[] = [];
		const explaining = async <Row extends object>(statement: string | Statement): Promise<Row[]> => {
			if (typeof statement === "string") throw new Error("The port ran a string, not a Statement.");
			const { text, values = [] } = statement;
			const [row] = await db.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
				`explain (analyze, format json) ${text}`,
				values,
			);
			if (row) nodes.push(...flat(row["QUERY PLAN"][0].Plan));
			return text.includes("as waiting") ? ([{ waiting: true, seconds_left: null }] as unknown[] as Row[]) : [];
		};
		const explained = { ...db, query: explaining };
		explained.transaction = (work) => work(explained);
		for (const stage of stageNames) {
			await postgresStages(explained).claim(heavyUser, item.id, stage, 60, { max: 1, always: true });
		}
		const scans = nodes.filter((node) => node["Relation Name"] && node["Node Type"] !== "ModifyTable");
		const indexes = new Set(scans.map((node) => node["Index Name"]));
		for (const index of ["items_unclaimed", "items_leased", "requests_unclaimed"]) expect(indexes).toContain(index);
		expect(scans.filter((node) => !node["Index Name"])).toEqual([]);
		const rowsRead = scans.reduce((sum, node) => {
			const { "Actual Rows": rows, "Actual Loops": loops, "Rows Removed by Filter": removed = 0 } = node;
			return sum + (rows + removed) * loops;
		}, 0);
		expect(rowsRead).toBeLessThan(50);
	}, 60_000);
});

interface PlanNode {
	"Node Type": string;
	"Relation Name"?: string;
	"Index Name"?: string;
	"Actual Rows": number;
	"Actual Loops": number;
	"Rows Removed by Filter"?: number;
	Plans?: PlanNode[];
}

const flat = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flat)];

function contract(get: () => RowPorts): void {
	const tryClaim = async ({ userId, id }: Item, stage: StageName, more: Partial<Share> = {}, leaseSeconds = 60) =>
		get().stages.claim(userId, id, stage, leaseSeconds, { ...share, ...more });
	const outcome = async (...args: Parameters<typeof tryClaim>) => (await tryClaim(...args)).outcome;
	const request = async ({ userId, id: itemId }: Item, kind: RequestKind) => {
		const fields = { id: randomUUID(), kind, provider: null, model: null };
		const created = await get().requests.create({ ...fields, itemId, userId });
		if (!created) throw new Error("The item is gone.");
		return created;
	};

	it("keeps a person from more leases while another waits, and tells how many are held", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const items = [await uploaded(get(), ada), await uploaded(get(), ada)] as const;
		await uploaded(get(), bob);
		expect(await outcome(items[0], "process")).toBe("claimed");
		const deferred = await tryClaim(items[1], "process");
		expect(deferred).toMatchObject({ outcome: "deferred", held: 1 });
		expect(await outcome(items[1], "process", { max: 2 })).toBe("claimed");
	});

	it("allows everything while nobody else waits", async () => {
		const ada = newUser();
		const items = [await uploaded(get(), ada), await uploaded(get(), ada), await uploaded(get(), ada)] as const;
		expect(await outcome(items[0], "process")).toBe("claimed");
		expect(await outcome(items[1], "process")).toBe("claimed");
		expect(await outcome(items[2], "process", { always: true })).toBe("deferred");
	});

	it("does not count what the other's claims have taken up, also where they failed since", async () => {
		const ada = newUser();
		const [first, second] = [await uploaded(get(), ada), await uploaded(get(), ada)];
		const theirs = await uploaded(get(), newUser());
		const claimed = await tryClaim(theirs, "process");
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		await get().stages.release(claimed.lease);
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(second, "process")).toBe("claimed");
	});

	it("does not count an expired lease of the person", async () => {
		const ada = newUser();
		const [first, second] = [await uploaded(get(), ada), await uploaded(get(), ada)];
		await uploaded(get(), newUser());
		expect(await outcome(first, "process", {}, 0)).toBe("claimed");
		expect(await outcome(second, "process")).toBe("claimed");
	});

	it("does not mix stages", async () => {
		const ada = newUser();
		await processedItem(get(), newUser());
		const [first, second] = [await uploaded(get(), ada), await uploaded(get(), ada)];
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(second, "process")).toBe("claimed");
		const [third, fourth] = [await processedItem(get(), ada), await processedItem(get(), ada)];
		expect(await outcome(third, "analyze")).toBe("claimed");
		expect(await outcome(fourth, "analyze")).toBe("deferred");
	});

	it("knows of an announced upload once a claim of it was deferred", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const [first, second] = [await uploaded(get(), ada), await uploaded(get(), ada)];
		const { item: running } = await get().items.create(newItem(bob));
		const { item: announced } = await get().items.create(newItem(bob));
		expect(await outcome(first, "process")).toBe("claimed");
		expect(await outcome(running, "process", { always: true })).toBe("claimed");
		expect(await outcome(second, "process"), "Bob's file has not come").toBe("claimed");
		expect(await tryClaim(announced, "process", { always: true })).toMatchObject({ outcome: "deferred", held: 1 });
		const third = await uploaded(get(), ada);
		expect(await outcome(third, "process")).toBe("deferred");
		await get().items.reopen(bob, announced.id, { mimeType: "image/png", fileSize: 3 });
		expect(await outcome(third, "process"), "another file is announced").toBe("claimed");
	});

	it("gives a done, busy or unknown item its usual answer", async () => {
		const ada = newUser();
		const leased = await uploaded(get(), ada);
		await uploaded(get(), newUser());
		expect(await outcome(leased, "process")).toBe("claimed");
		expect(await outcome(leased, "process")).toBe("busy");
		expect(await outcome({ ...leased, id: randomUUID() }, "process")).toBe("gone");
		expect(await outcome(leased, "analyze")).toBe("done");
	});

	it("keeps a person's requests back while another's request waits", async () => {
		const [ada, bob] = [newUser(), newUser()];
		const { item: first } = await readyItem(get(), ada);
		const { item: second } = await readyItem(get(), ada);
		const { item: theirs } = await readyItem(get(), bob);
		const claimRequest = async (item: Item, kind: RequestKind) => {
			const { id } = await request(item, kind);
			return get().stages.claimRequest(item.userId, item.id, id, 60, share);
		};
		const waiting = await request(theirs, "resize");
		expect(await claimRequest(first, "resize")).toMatchObject({ outcome: "claimed" });
		expect(await claimRequest(second, "resize")).toMatchObject({ outcome: "deferred", held: 1 });
		expect(await claimRequest(second, "analyze")).toMatchObject({ outcome: "claimed" });
		expect(await get().stages.claimRequest(bob, theirs.id, waiting.id, 60, share)).toMatchObject({
			outcome: "claimed",
		});
	});

	it("counts an embedding of another's rebuild once it was given out", async () => {
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
			claims.push((await get().stages.claimRequest(ada, item.id, id, 60, share)).outcome);
		}
		expect(claims).toEqual(["claimed", "claimed", "deferred"]);
	});

	it("is free again when a lease ends", async () => {
		const ada = newUser();
		const [first, second] = [await uploaded(get(), ada), await uploaded(get(), ada)];
		await uploaded(get(), newUser());
		const claimed = await tryClaim(first, "process");
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		expect(await outcome(second, "process")).toBe("deferred");
		const detail = { bucket: "b", original_key: "o", thumbnail_key: "t" };
		const ids = { version: 1 as const, correlation_id: "c", item_id: first.id, user_id: ada };
		const event = { id: randomUUID(), type: "ImageProcessed" as const, detail: { ...ids, ...detail } };
		expect(await get().stages.commitProcessed(claimed.lease, processed(), event)).toBe(true);
		expect(await outcome(second, "process")).toBe("claimed");
	});
}
