import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { deliverDue } from "#core/webhooks/deliver-due.ts";
import { newWebhookSecret, retrySecondsAfter } from "#core/webhooks/webhook.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { ada } from "../api/test-api.ts";

const hourSeconds = 60 * 60;
const id = "0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60";
const secret = newWebhookSecret();

let ports: FakePorts;
let posted: { headers: Record<string, string>; body: string }[];
beforeEach(async () => {
	ports = fakePorts();
	posted = [];
	await ports.webhooks.create({ id, userId: ada, url: "https://example.com", events: ["item.ready"], secret });
});

/** Puts a delivery of an item beside the others. */
function announce(name: string) {
	const facts = { userId: ada, webhookId: id, type: "item.ready" as const, itemId: id, errorCode: null, attempts: 0 };
	const now = ports.store.now();
	ports.store.deliveries.set(name, { delivery: { id: name, ...facts, createdAt: new Date(now) }, dueAt: now });
}

function deliver(answer: number | Error = 200) {
	const webhookSender: FakePorts["webhookSender"] = {
		async post(_url, headers, body) {
			posted.push({ headers, body });
			if (typeof answer === "number") return answer;
			throw answer;
		},
	};
	return deliverDue({ ...ports, webhookSender }, ada, { deadline: new Date(Date.now() + 30_000) });
}

const webhook = async () => (await ports.webhooks.list(ada))[0];

describe("deliveries", () => {
	it("are signed with their time, oldest first, and done by an answer of 2xx", async () => {
		announce("first");
		announce("second");
		expect(await deliver(204)).toMatchObject({ delivered: 2, failed: 0, againSeconds: null });
		expect(posted.map(({ body }) => JSON.parse(body))).toMatchObject([
			{ id: "first", type: "item.ready", data: { item_id: id } },
			{ id: "second" },
		]);
		for (const { headers, body } of posted) {
			const [, time, digest] = /^t=(\d+), v1=([0-9a-f]{64})$/.exec(headers["collections-signature"] ?? "") ?? [];
			expect(digest).toBe(createHmac("sha256", secret).update(`${time}.${body}`).digest("hex"));
		}
		expect(await webhook()).toMatchObject({ failingSince: null, lastStatus: 204, lastError: null });
		expect(await deliver()).toMatchObject({ delivered: 0 });
	});

	it("wait longer after each failure, all of one address together, and keep their id", async () => {
		announce("first");
		announce("second");
		for (const [at, seconds] of [30, 120, 480, 1_920, 7_680, 21_600, 21_600].entries()) {
			expect(retrySecondsAfter(at + 1)).toBe(seconds);
			expect(await deliver(500)).toMatchObject({ failed: 1, againSeconds: seconds });
			expect(await deliver(500)).toMatchObject({ failed: 0, againSeconds: null });
			ports.clock.advance(seconds);
		}
		expect(new Set(posted.map(({ headers }) => headers["collections-delivery"]))).toEqual(new Set(["first"]));
		expect(await deliver(200)).toMatchObject({ delivered: 2 });
		expect(await webhook()).toMatchObject({ failingSince: null, disabledAt: null });
	});

	it("end after a day of failures, with a notice, until a test succeeds", async () => {
		announce("first");
		await deliver(new Error("connect ECONNREFUSED"));
		announce("second");
		ports.clock.advance(25 * hourSeconds);
		expect(await deliver(301)).toMatchObject({ failed: 1, switchedOff: [id], againSeconds: null });
		expect(await webhook()).toMatchObject({
			disabledAt: expect.any(Date),
			lastError: "The receiver answered 301, and redirects are not followed.",
		});
		ports.clock.advance(25 * hourSeconds);
		expect(await deliver()).toMatchObject({ delivered: 0, failed: 0 });
		await ports.webhooks.addTest(ada, id);
		expect(await deliver(500)).toMatchObject({ failed: 1, switchedOff: [], againSeconds: null });
		expect((await webhook())?.disabledAt).not.toBeNull();
		await ports.webhooks.addTest(ada, id);
		expect(await deliver(200)).toMatchObject({ delivered: 1 });
		expect(await webhook()).toMatchObject({ disabledAt: null, lastError: null });
	});
});
