import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { originalKey, thumbnailKey, visionKey } from "#core/items/item.ts";
import { deleteAccount, finishDeletions, keepMarkSeconds } from "#core/people/delete-account.ts";
import { fakePorts } from "#fakes/ports.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { readyItem, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";
import { newShare } from "./shares.ts";

const empty = await migratedDatabase();
const db = empty.connect(2);

type TestPorts = ReturnType<typeof newPorts>;

/** Rows in the database, everything else in memory. */
const newPorts = () => ({ ...fakePorts(), ...postgresPorts(db) });

const inFuture = () => ({ deadline: new Date(Date.now() + 60_000) });

/** A person with something everywhere. */
async function person(ports: TestPorts): Promise<string> {
	const userId = newUser();
	const { item } = await readyItem(ports, userId, { headline: "A lighthouse at dusk" });
	const { objects } = ports;
	for (const key of [originalKey(item), thumbnailKey(userId, item.id), visionKey(userId, item.id)]) {
		await objects.put(key, new Uint8Array([1]), "image/png");
		await objects.put(key, new Uint8Array([2]), "image/png");
	}
	await objects.put(`checkpoints/${userId}/chat/part`, new Uint8Array([1]), "application/octet-stream");
	await objects.put(`exports/${userId}/job/items-000000.tar`, new Uint8Array([1]), "application/x-tar");
	const second = await uploaded(ports, userId);
	await ports.items.delete(userId, (await uploaded(ports, userId)).id);
	await ports.requests.create({
		id: randomUUID(),
		userId,
		itemId: item.id,
		kind: "resize",
		provider: null,
		model: null,
	});
	await ports.stages.claim(userId, second.id, "process", 60, { fairShare: 1, grouped: true });
	await ports.profiles.change(userId, { displayName: "Ada" });
	await ports.shares.create(newShare(userId, { itemId: item.id }));
	await ports.subscriptions.link(`cus_${userId}`, userId, new Date());
	await ports.usage.record(userId, [
		{ provider: "voyage", model: "v", inputTokens: 1, outputTokens: 0, costUsd: null },
	]);
	const turn = await ports.sessions.beginTurn(userId, "chat", "Where is the lighthouse?");
	await ports.sessions.abandonTurn(userId, turn);
	await ports.idempotencyKeys.claim(userId, "key", "fingerprint");
	await ports.verificationCache.keep(userId, "key", randomUUID(), 3_600);
	await ports.rateLimits.take(userId, read, 1);
	await fillOtherTables(userId, item.id);
	return userId;
}

const read = { routeClass: "read" as const, perMinute: 60, parallel: null };

/** Rows of tables that no port here fills. */
async function fillOtherTables(userId: string, itemId: string): Promise<void> {
	const id = randomUUID();
	const rows: [string, unknown[]][] = [
		["insert into albums (user_id, id, name) values ($1, $2, 'Summer')", [userId, id]],
		["insert into album_items (user_id, album_id, item_id, position) values ($1, $2, $3, 0)", [userId, id, itemId]],
		[
			"insert into item_tags (user_id, item_id, tag, name, source) values ($1, $2, 'sea', 'Sea', 'person')",
			[userId, itemId],
		],
		["insert into golden_entries (user_id, item_id, entry) values ($1, $2, '{}')", [userId, itemId]],
		[
			"insert into webhooks (user_id, id, url, events, secret) values ($1, $2, 'https://example.com', '{item.ready}', 's')",
			[userId, id],
		],
		["insert into webhook_deliveries (user_id, id, webhook_id, type) values ($1, $2, $2, 'item.ready')", [userId, id]],
		[
			`insert into verifications (user_id, id, request_id, text, sources, claims, risk_level, model, duration_ms, notices)
			 values ($1, $2, 'request', 'A boat.', '{collection}', '[]', 'low', 'offline', 1, '{}')`,
			[userId, id],
		],
		[
			`insert into verification_citations (user_id, verification_id, claim, place, item_id, sentence)
			 values ($1, $2, 0, 0, $3, 'A boat.')`,
			[userId, id, itemId],
		],
		["insert into removed_tags (user_id, item_id, tag) values ($1, $2, 'car')", [userId, itemId]],
		["insert into outdated_documents (user_id, item_id) values ($1, $2)", [userId, itemId]],
		["insert into jobs (user_id, id, kind, input) values ($1, $2, 'tag', '{}')", [userId, id]],
		["insert into job_items (user_id, job_id, place, item_id) values ($1, $2, 0, $3)", [userId, id, itemId]],
		[
			`insert into job_parts (user_id, job_id, name, key, size, sha256, entries)
			 values ($1, $2, 'items-000000.tar', 'exports/key', 512, repeat('a', 64), '[]')`,
			[userId, id],
		],
		[
			`insert into vector_partitions (user_id, model, centroid, built_for)
			 values ($1, 'test', array_fill(0.5, array[1024])::vector::halfvec, 1)`,
			[userId],
		],
	];
	for (const [text, values] of rows) await db.query(text, values);
}

/** Every table of tenants in the catalogue. */
const tenantTables = () =>
	withClient(empty.address, empty.migration, async (client) => {
		const { rows } = await client.query<{ name: string }>(
			`select columns.table_name as name from information_schema.columns
			 join information_schema.tables using (table_schema, table_name)
			 where table_schema = 'public' and column_name = 'user_id' and table_type = 'BASE TABLE'`,
		);
		return rows.map(({ name }) => name).sort();
	});

/** The number of a person's rows in each table that has any. */
async function rowsOf(userId: string): Promise<Record<string, number>> {
	const counts: [string, number][] = [];
	for (const name of await tenantTables()) {
		const [row] = await db.query<{ count: number }>(`select count(*)::int as count from ${name} where user_id = $1`, [
			userId,
		]);
		if (row && row.count > 0) counts.push([name, row.count]);
	}
	return Object.fromEntries(counts);
}

/** Finds whatever is left of a person. */
async function leftOf(ports: TestPorts, userId: string) {
	const prefixes = ["originals", "derived", "checkpoints", "exports"].map((kind) => `${kind}/${userId}/`);
	const objects = [];
	for (const prefix of prefixes) if (await ports.objects.deletePage(prefix)) objects.push(prefix);
	return {
		rows: Object.keys(await rowsOf(userId)).filter((name) => name !== "deleted_accounts"),
		objects,
		sessions: (await ports.sessions.list(userId, 10)).length,
		// A key that was used before is running or answered.
		key: (await ports.idempotencyKeys.claim(userId, "key", "fingerprint")).state,
		cached: await ports.verificationCache.find(userId, "key"),
		isPerson: (await ports.userPool.email(userId)) !== null,
	};
}

const nothing = { rows: [], objects: [], sessions: 0, key: "claimed", cached: null, isPerson: false };

/** Makes these accounts due now, and no other: those of earlier tests come due after a minute. */
const makeDue = (...userIds: string[]) =>
	db.query(
		`update deleted_accounts
		 set due_at = clock_timestamp() + case when user_id = any($1) then interval '0' else interval '1 hour' end`,
		[userIds],
	);

describe(`the deletion of an account on ${contractDatabase.title}`, () => {
	it("leaves a row in no table of tenants that the catalogue has, and nothing elsewhere", async () => {
		const ports = newPorts();
		const [user, neighbour] = [await person(ports), await person(ports)];
		const before = await rowsOf(user);
		const unfilled = (await tenantTables()).filter((name) => name !== "deleted_accounts" && !before[name]);
		expect(unfilled, "fill these in person(), or nothing shows that their rows are deleted").toEqual([]);
		const ofNeighbour = await rowsOf(neighbour);

		expect(await deleteAccount(ports, user, { ...inFuture(), onFailure: raise })).toBe(true);

		expect(await leftOf(ports, user)).toEqual(nothing);
		expect(await rowsOf(neighbour)).toEqual(ofNeighbour);
		expect(await leftOf(ports, neighbour)).toMatchObject({
			objects: [expect.anything(), expect.anything(), expect.anything(), expect.anything()],
			key: "running",
			cached: expect.any(String),
		});
	});

	it("refuses the person's tokens, stages and shares from the mark on, before anything is gone", async () => {
		const ports = newPorts();
		const user = await person(ports);
		const item = await uploaded(ports, user);
		const share = newShare(user, { itemId: item.id });
		await ports.shares.create(share);
		await ports.deletedAccounts.mark(user);
		expect(await ports.stages.claim(user, item.id, "process", 60)).toEqual({ outcome: "gone" });
		expect(await ports.stages.claim(user, item.id, "process", 60, { fairShare: 1, grouped: true })).toEqual({
			outcome: "gone",
		});
		const request = await ports.requests.create({
			id: randomUUID(),
			userId: user,
			itemId: item.id,
			kind: "resize",
			provider: null,
			model: null,
		});
		expect(await ports.stages.claimRequest(user, item.id, request?.id ?? "", 60)).toEqual({ outcome: "gone" });
		expect(await ports.shares.findByToken(share.tokenHash)).toBeNull();
		expect(await ports.deletedAccounts.isDeleted(user)).toBe(true);
		expect(await ports.deletedAccounts.isDeleted(newUser())).toBe(false);
		await deleteAccount(ports, user, { ...inFuture(), onFailure: raise });
	});

	it("goes on when asked for again, and says whether everything is gone", async () => {
		const ports = newPorts();
		const user = await person(ports);
		const past = { deadline: new Date(0), onFailure: raise };
		expect(await deleteAccount(ports, user, past)).toBe(false);
		expect(await deleteAccount(ports, user, { ...inFuture(), onFailure: raise })).toBe(true);
		expect(await leftOf(ports, user)).toEqual(nothing);
		expect(await deleteAccount(ports, user, past)).toBe(true);
	});

	it("refuses the person's tokens when asked for again after a crash right after the mark", async () => {
		const ports = newPorts();
		const user = await person(ports);
		await ports.deletedAccounts.mark(user);
		await ports.rateLimits.take(user, read, 1);
		await deleteAccount(ports, user, { ...inFuture(), onFailure: raise });
		await expect(ports.rateLimits.take(user, read, 1)).rejects.toMatchObject({ code: "account_deleted" });
	});

	it("goes on after a crash at any step", async () => {
		const calls = await callsOfADeletion();
		expect(calls.length).toBeGreaterThan(15);
		for (const point of calls.keys()) {
			const ports = newPorts();
			const user = await person(ports);
			const failures: unknown[] = [];
			const crashing = failingAt(ports, point);
			const first = deleteAccount(crashing, user, { ...inFuture(), onFailure: (error) => failures.push(error) });
			// The mark is the person's decision: if it fails, nothing has happened, and they are told.
			if (calls[point] === "deletedAccounts.mark") {
				await expect(first).rejects.toThrow("crashed");
				expect(await ports.deletedAccounts.isDeleted(user)).toBe(false);
				continue;
			}
			expect(await first, calls[point]).toBe(false);
			expect(failures).toHaveLength(1);
			await makeDue(user);
			expect(await finishDeletions(ports, inFuture()), calls[point]).toEqual({ emptied: 1, finished: 0 });
			expect(await leftOf(ports, user), calls[point]).toEqual(nothing);
		}
	});

	it("looks again for what was under way, and forgets the account when no token can be valid", async () => {
		const ports = newPorts();
		const user = await person(ports);
		await deleteAccount(ports, user, { ...inFuture(), onFailure: raise });
		expect(await finishDeletions(ports, inFuture()), "not due in the first minute").toEqual({
			emptied: 0,
			finished: 0,
		});
		// A form of before the deletion, and a request that had passed the limits.
		await ports.objects.put(`originals/${user}/${randomUUID()}.png`, new Uint8Array([1]), "image/png");
		await ports.profiles.change(user, { displayName: "Ada" });
		await expect(ports.rateLimits.take(user, read, 1)).rejects.toMatchObject({ code: "account_deleted" });
		ports.clock.advance((Date.now() - ports.clock.now().getTime()) / 1_000 + keepMarkSeconds);
		await makeDue(user);
		expect(await finishDeletions(ports, inFuture())).toEqual({ emptied: 1, finished: 1 });
		expect(await leftOf(ports, user)).toEqual(nothing);
		expect(await rowsOf(user)).toEqual({});
		expect(await ports.deletedAccounts.isDeleted(user)).toBe(false);
	});

	it("of one person keeps nobody else's waiting", async () => {
		const ports = newPorts();
		const [broken, second] = [await person(ports), await person(ports)];
		for (const user of [broken, second]) await ports.deletedAccounts.mark(user);
		await makeDue(broken, second);
		const { deletePage } = ports.objects;
		const objects = {
			...ports.objects,
			deletePage: async (prefix: string) => {
				if (prefix.includes(broken)) throw new Error("No bucket.");
				return deletePage(prefix);
			},
		};
		await expect(finishDeletions({ ...ports, objects }, inFuture())).rejects.toThrow("1 accounts were not finished");
		expect(await leftOf(ports, second)).toEqual(nothing);
		await makeDue(broken);
		await finishDeletions(ports, inFuture());
		expect(await leftOf(ports, broken)).toEqual(nothing);
	});

	it("of a person with more items than a statement deletes ends, too", async () => {
		const ports = newPorts();
		const user = newUser();
		await db.query(
			`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id)
			 select gen_random_uuid(), $1, 'a.png', 'image/png', 1, 'c' from generate_series(1, 450)`,
			[user],
		);
		expect(await deleteAccount(ports, user, { ...inFuture(), onFailure: raise })).toBe(true);
		expect(await rowsOf(user)).toEqual({ deleted_accounts: 1 });
	});
});

const raise = (error: unknown) => {
	throw error;
};

const partPorts = [
	"deletedAccounts",
	"rateLimits",
	"userPool",
	"objects",
	"sessions",
	"idempotencyKeys",
	"verificationCache",
] as const;

/** Calls a hook before each call of these ports, with its number and name. */
function hooked(ports: TestPorts, before: (name: string) => void): TestPorts {
	const wrapped = partPorts.map((name) => [
		name,
		new Proxy(ports[name] as unknown as Record<string, (...args: unknown[]) => unknown>, {
			get: (target, method: string) => {
				const call = target[method];
				if (typeof call !== "function") return call;
				return async (...args: unknown[]) => {
					before(`${name}.${method}`);
					return call.apply(target, args);
				};
			},
		}),
	]);
	return { ...ports, ...Object.fromEntries(wrapped) };
}

async function callsOfADeletion(): Promise<string[]> {
	const ports = newPorts();
	const user = await person(ports);
	const calls: string[] = [];
	await deleteAccount(
		hooked(ports, (name) => calls.push(name)),
		user,
		{ ...inFuture(), onFailure: raise },
	);
	return calls;
}

function failingAt(ports: TestPorts, point: number): TestPorts {
	let calls = 0;
	return hooked(ports, (name) => {
		calls += 1;
		if (calls - 1 === point) throw new Error(`crashed before ${name}`);
	});
}
