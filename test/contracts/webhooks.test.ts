import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliverDue } from "#core/webhooks/deliver-due.ts";
import { maxWebhooks } from "#core/webhooks/webhook.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { contractDatabase, type EmptyDatabase } from "./databases.ts";
import { claim, readyItem, uploaded } from "./item-states.ts";
import { newUser } from "./new-rows.ts";

let empty: EmptyDatabase;
let db: Database;
let ports: ReturnType<typeof postgresPorts>;
beforeAll(async () => {
	empty = await contractDatabase.createMigrated();
	db = empty.connect(2);
	ports = postgresPorts(db);
});
afterAll(() => empty?.drop());

const hook = (userId: string, more = {}) =>
	ports.webhooks.create({
		id: randomUUID(),
		userId,
		url: "https://example.com/hook",
		events: ["item.ready", "item.failed", "item.deleted"],
		secret: "whsec_test",
		...more,
	});

/** Takes and ends what is due, as a receiver that answers 200 gets it. */
async function received(userId: string, answer = 200) {
	const bodies: { type: string; data: { item_id?: string; error?: { code: string } } }[] = [];
	const webhookSender = {
		post: async (_url: string, _headers: object, body: string) => {
			bodies.push(JSON.parse(body));
			return answer;
		},
	};
	const until = { deadline: new Date(Date.now() + 30_000) };
	await deliverDue({ ...ports, webhookSender, clock: { now: () => new Date() } }, userId, until);
	return bodies.map(({ type, data }) => [type, data.item_id, data.error?.code]);
}

const passed = (userId: string, hours: number) =>
	db.query(
		`update webhooks set failing_since = failing_since - make_interval(hours => $2), retry_at = clock_timestamp() where user_id = $1`,
		[userId, hours],
	);

describe(`webhooks on ${contractDatabase.title}`, () => {
	it("learn of items that are ready, failed and deleted in the same transaction, and wake the function by an event", async () => {
		const user = newUser();
		await hook(user);
		const { item } = await readyItem(ports, user);
		const failing = await uploaded(ports, user);
		const { lease } = await claim(ports, failing, "process");
		await ports.stages.fail(lease, { code: "undecodable_image", detail: "It is no image." });
		const unsent = await ports.outbox.unsent({ userId: user, itemId: failing.id });
		expect(unsent).toMatchObject([{ type: "DeliveriesDue", detail: { user_id: user, version: 1 } }]);
		await ports.items.delete(user, item.id);
		expect(await ports.webhooks.isDue(user)).toBe(true);
		expect(await received(user)).toEqual([
			["item.ready", item.id, undefined],
			["item.failed", failing.id, "undecodable_image"],
			["item.deleted", item.id, undefined],
		]);
		expect(await ports.webhooks.isDue(user)).toBe(false);
	});

	it("learn of what they want alone, and of nobody else's items", async () => {
		const [user, stranger] = [newUser(), newUser()];
		await hook(user, { events: ["item.deleted"] });
		const { item } = await readyItem(ports, user);
		const { item: foreign } = await readyItem(ports, stranger);
		await ports.items.delete(stranger, foreign.id);
		expect(await received(user)).toEqual([]);
		expect(await ports.outbox.unsent({ userId: user, itemId: item.id })).not.toContainEqual(
			expect.objectContaining({ type: "DeliveriesDue" }),
		);
		await ports.items.delete(user, item.id);
		expect(await received(user)).toEqual([["item.deleted", item.id, undefined]]);
	});

	it("wait after a failure, are switched off after a day of them, and on again by a test", async () => {
		const user = newUser();
		const { id } = await hook(user);
		await readyItem(ports, user);
		await readyItem(ports, user);
		expect(await received(user, 500)).toHaveLength(1);
		expect(await received(user, 500)).toEqual([]);
		await passed(user, 1);
		expect(await received(user, 500)).toHaveLength(1);
		await passed(user, 24);
		expect(await received(user, 500)).toHaveLength(1);
		const [off] = await ports.webhooks.list(user);
		expect(off).toMatchObject({ disabledAt: expect.any(Date), lastStatus: 500 });
		await passed(user, 0);
		expect(await received(user), "its deliveries are gone").toEqual([]);
		await readyItem(ports, user);
		expect(await received(user), "nothing new is announced").toEqual([]);
		await ports.webhooks.addTest(user, id);
		expect(await received(user, 404)).toEqual([["webhook.test", undefined, undefined]]);
		await ports.webhooks.addTest(user, id);
		expect(await received(user)).toEqual([["webhook.test", undefined, undefined]]);
		expect(await ports.webhooks.list(user)).toMatchObject([{ disabledAt: null, failingSince: null, lastError: null }]);
		expect(await ports.webhooks.addTest(newUser(), id), "of another person").toBeNull();
	});

	it("give a delivery to one of two that claim at the same time", async () => {
		const user = newUser();
		await hook(user);
		await readyItem(ports, user);
		const claims = await Promise.all([ports.webhooks.claimDue(user, 60), ports.webhooks.claimDue(user, 60)]);
		expect(claims.filter((claimed) => claimed !== null)).toHaveLength(1);
		expect(await ports.webhooks.isDue(user)).toBe(false);
	});

	it("give one delivery of a webhook at a time, so that a receiver that hangs holds up no other of the person", async () => {
		const user = newUser();
		const { id: hanging } = await hook(user);
		await readyItem(ports, user);
		await readyItem(ports, user);
		const first = await ports.webhooks.claimDue(user, 60);
		expect(first?.webhookId).toBe(hanging);
		expect(await ports.webhooks.claimDue(user, 60)).toBeNull();
		const { id: other } = await hook(user);
		await readyItem(ports, user);
		expect(await ports.webhooks.claimDue(user, 60)).toMatchObject({ webhookId: other });
		expect(await ports.webhooks.claimDue(user, 60)).toBeNull();
		if (first) await ports.webhooks.succeed(first, 200);
		expect(await ports.webhooks.claimDue(user, 60)).toMatchObject({ webhookId: hanging });
	});

	it("name the people who are owed something, and stay within their number", async () => {
		const user = newUser();
		for (let made = 0; made < maxWebhooks; made++) await hook(user);
		await expect(hook(user)).rejects.toMatchObject({ code: "too_many_webhooks" });
		await readyItem(ports, user);
		expect(await ports.webhooks.owed(0, 100)).toContain(user);
		expect(await ports.webhooks.owed(60, 100)).not.toContain(user);
		for (const { id } of await ports.webhooks.list(user)) {
			expect(await ports.webhooks.delete(newUser(), id)).toBe(false);
			expect(await ports.webhooks.delete(user, id)).toBe(true);
		}
		expect(await ports.webhooks.isDue(user)).toBe(false);
	});
});
