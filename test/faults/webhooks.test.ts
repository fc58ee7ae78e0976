import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { card } from "../system/drawings.ts";
import { OwnCloud } from "../system/own-cloud.ts";

/** Decides how the receiver treats a delivery: "hang" never answers, "inside" redirects to this machine. */
type Behaviour = "hang" | "inside" | 500 | 204;

interface Received {
	path: string;
	headers: IncomingHttpHeaders;
}

interface ShownWebhook {
	id: string;
	state: "on" | "failing" | "off";
	notice: string | null;
	last_attempt_at: string | null;
}

let cloud: OwnCloud;
let receiver: Server;
let url: string;
let user: CollectionsClient;
let behaviour: Behaviour = 204;
const received: Received[] = [];

beforeAll(async () => {
	cloud = await OwnCloud.start();
	user = await cloud.newUser("told@example.com");
	receiver = createServer((request, response) => {
		received.push({ path: request.url ?? "", headers: request.headers });
		request.resume();
		if (behaviour === "hang") return;
		response.writeHead(behaviour === "inside" ? 307 : behaviour, { location: `${url}/inside` }).end();
	});
	await once(receiver.listen(0, "127.0.0.1"), "listening");
	url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
	receiver?.closeAllConnections();
	receiver?.close();
	await cloud?.remove();
});

async function webhook(id: string): Promise<ShownWebhook | undefined> {
	const { webhooks } = await user.call<{ webhooks: ShownWebhook[] }>("GET", "/webhooks");
	return webhooks.find((each) => each.id === id);
}

/** Sends a test to a receiver that behaves so, and returns the webhook once its attempt has ended. */
async function tested(id: string, then: Behaviour): Promise<ShownWebhook> {
	behaviour = then;
	const before = (await webhook(id))?.last_attempt_at;
	await user.call("POST", `/webhooks/${id}/test`);
	return attempted(id, before);
}

async function attempted(id: string, before: string | null | undefined): Promise<ShownWebhook> {
	await expect.poll(async () => (await webhook(id))?.last_attempt_at, { timeout: 60_000 }).not.toBe(before);
	return (await webhook(id)) as ShownWebhook;
}

test("a receiver that hangs, redirects inside, or fails for a day is told of, switched off, and switched on by a test", async () => {
	const { id } = await user.call<{ id: string }>("POST", "/webhooks", { url: `${url}/hook`, events: ["item.ready"] });
	const hung = await tested(id, "hang");
	expect(hung).toMatchObject({ state: "failing", notice: "The receiver did not answer within 10 seconds." });
	expect(await tested(id, "inside")).toMatchObject({
		state: "failing",
		notice: "The receiver answered 307, and redirects are not followed.",
	});

	// The picture's delivery waits until its webhook may be tried again.
	behaviour = 500;
	await user.settled((await user.upload("card.png", await card(["Harbour"]))).id);
	const deliveries = () => received.filter(({ headers }) => headers["collections-event"] === "item.ready");
	await retry(id);
	await expect.poll(deliveries, { timeout: 60_000 }).toHaveLength(1);
	expect((await attempted(id, hung.last_attempt_at)).state).toBe("failing");

	const lastAttempt = (await webhook(id))?.last_attempt_at;
	await cloud.control.sql("update webhooks set failing_since = now() - interval '25 hours' where id = $1", [id]);
	await retry(id);
	const off = await attempted(id, lastAttempt);
	expect(off).toMatchObject({
		state: "off",
		notice: expect.stringMatching(/^It was switched off after a day of fail/),
	});
	expect(new Set(deliveries().map(({ headers }) => headers["collections-delivery"])).size).toBe(1);
	expect(deliveries()).toHaveLength(2);
	expect(await cloud.control.sql("select id from webhook_deliveries where webhook_id = $1", [id])).toEqual([]);

	expect(await tested(id, 204)).toMatchObject({ state: "on", notice: null });
	expect(received.filter(({ path }) => path !== "/hook")).toEqual([]);
});

/** Lets the time pass after which the webhook is tried again, and has the sweeper see to it. */
async function retry(id: string): Promise<void> {
	const passed = "interval '1 hour'";
	await cloud.control.sql(`update webhooks set retry_at = retry_at - ${passed} where id = $1`, [id]);
	await cloud.control.sql(`update webhook_deliveries set due_at = due_at - ${passed} where webhook_id = $1`, [id]);
	await cloud.control.sweepNow();
}
