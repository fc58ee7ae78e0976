import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fakePorts } from "#fakes/ports.ts";
import { collectLogLines } from "../../support/log-lines.ts";
import { ada, bob, testApi } from "./test-api.ts";

const secret = "whsec_of_the_test";
const nowSeconds = () => Math.floor(Date.now() / 1_000);

function sign(body: string, { time = nowSeconds(), by = secret } = {}) {
	return `t=${time},v1=${createHmac("sha256", by).update(`${time}.${body}`).digest("hex")},v0=${"0".repeat(64)}`;
}

let events = 0;
const event = (type: string, object: object, { created = nowSeconds(), id = `evt_${++events}` } = {}) => ({
	id,
	object: "event",
	created,
	type,
	data: { object },
});

const subscription = ({
	id = "sub_1",
	customer = "cus_1",
	status = "active",
	price = "price_pro",
	product = "prod_x",
}) => ({
	id,
	object: "subscription",
	customer,
	status,
	items: { object: "list", data: [{ price: { id: price, product } }] },
});
type Subscription = Parameters<typeof subscription>[0];

const checkout = (person: string | null, more: object = {}) =>
	event("checkout.session.completed", {
		mode: "subscription",
		customer: "cus_1",
		client_reference_id: person,
		...more,
	});
const told = (kind: string, about: Subscription = {}, options: { created?: number; id?: string } = {}) =>
	event(`customer.subscription.${kind}`, subscription(about), options);

function stripeTests(options: Parameters<typeof testApi>[0] = {}) {
	const { as, ports } = testApi(options);
	const sendText = (body: string, signature: string | null = sign(body)) =>
		as(ada)("POST", "/webhooks/stripe", {
			raw: {
				body,
				headers: {
					"content-type": "application/json; charset=utf-8",
					...(signature !== null && { "stripe-signature": signature }),
				},
			},
		});
	const send = async (sent: object) => {
		const { status, body } = await sendText(JSON.stringify(sent));
		return status === 200 ? body.outcome : body.code;
	};
	const tier = async (userId = bob) => (await ports.userPool.find(userId))?.tier;
	return { as, ports, send, sendText, tier };
}

describe("an event of Stripe", () => {
	const lines = collectLogLines();

	it("moves the person who paid to the tier of the price, which the log tells without their name", async () => {
		const { send, tier } = stripeTests();
		expect(await send(checkout(bob))).toBe("unchanged");
		expect(await send(told("created"))).toBe("moved");
		expect(await tier()).toBe("pro");
		expect(await send(told("updated", { price: "price_unknown", product: "prod_team" }))).toBe("moved");
		expect(await tier()).toBe("team");
		expect(await send(told("deleted"))).toBe("moved");
		expect([await tier(), await tier(ada)]).toEqual(["free", "free"]);
		const moves = lines.filter(({ message }) => message === "a payment changed a person");
		expect(moves.map(({ before, change }) => [before.tier, change.tier])).toEqual([
			["free", "pro"],
			["pro", "team"],
			["team", "free"],
		]);
		expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${bob}|${secret}`));
	});

	it("moves nobody before the person is known, and then at once", async () => {
		const { send, tier } = stripeTests();
		expect(await send(told("created"))).toBe("waiting");
		expect(await tier()).toBe("free");
		expect(await send(checkout(bob, { customer: { id: "cus_1", object: "customer" } }))).toBe("moved");
		expect(await tier()).toBe("pro");
	});

	it.each([
		["past_due", "pro"],
		["trialing", "pro"],
		["unpaid", "free"],
		["incomplete", "free"],
		["canceled", "free"],
	])("of a subscription that is %s makes the person %s", async (status, expected) => {
		const { send, tier } = stripeTests();
		await send(checkout(bob));
		await send(told("created", {}, { created: nowSeconds() - 10 }));
		await send(told("updated", { status }));
		expect(await tier()).toBe(expected);
	});

	it("counts once, whatever the person's tier became meanwhile", async () => {
		const { send, tier, ports } = stripeTests();
		await send(checkout(bob));
		const created = told("created");
		expect(await send(created)).toBe("moved");
		await ports.userPool.setTier(bob, "team");
		expect(await send(created)).toBe("repeated");
		expect(await tier()).toBe("team");
	});

	it("that is older than what is known changes nothing", async () => {
		const { send, tier } = stripeTests();
		await send(checkout(bob));
		await send(told("updated", { product: "prod_team", price: "price_x" }, { created: nowSeconds() }));
		expect(await send(told("created", {}, { created: nowSeconds() - 60 }))).toBe("unchanged");
		expect(await tier()).toBe("team");
		await send(told("deleted", {}, { created: nowSeconds() }));
		expect(await send(told("updated", {}, { created: nowSeconds() }))).toBe("unchanged");
		expect(await tier()).toBe("free");
	});

	it("of another subscription leaves the tier that is still paid for", async () => {
		const { send, tier } = stripeTests();
		await send(checkout(bob));
		await send(told("created", { id: "sub_old" }));
		await send(told("created", { id: "sub_new", product: "prod_team", price: "price_x" }));
		await send(told("deleted", { id: "sub_old" }));
		expect(await tier()).toBe("team");
	});

	it.each([
		["names nobody", null],
		["names somebody whom the pool does not know", ada],
		["names what is no id", "../admin"],
	])("that %s moves nobody, and may be sent again", async (_, person) => {
		const { send, ports } = stripeTests();
		await ports.userPool.delete(ada);
		const sent = checkout(person);
		expect([await send(sent), await send(sent)]).toEqual(["unknown_person", "unknown_person"]);
		expect(lines.filter(({ message }) => message === "a payment moved nobody")).toHaveLength(2);
		expect(ports.store.payers.size).toBe(0);
	});

	it("of an unknown price leaves the tier as it is, and counts when it is sent again once the price is known", async () => {
		const tiers: Record<string, "pro" | "team"> = { price_pro: "pro" };
		const { send, tier } = stripeTests({ stripe: { tiers, signingSecret: async () => secret } });
		await send(checkout(bob));
		await send(told("created", {}, { created: nowSeconds() - 5 }));
		const updated = told("updated", { price: "price_new" });
		expect(await send(updated)).toBe("unknown_price");
		expect(await tier()).toBe("pro");
		tiers.price_new = "team";
		expect([await send(updated), await tier()]).toEqual(["moved", "team"]);
	});

	it("that fails half-way is worked on again", async () => {
		const ports = fakePorts();
		const { setTier } = ports.userPool;
		ports.userPool.setTier = async () => {
			throw new Error("The pool does not answer.");
		};
		const { send, tier } = stripeTests({ ports });
		await send(checkout(bob));
		const created = told("created");
		expect(await send(created)).toBe("internal_error");
		ports.userPool.setTier = setTier;
		expect([await send(created), await tier()]).toEqual(["moved", "pro"]);
	});

	it("that another sandbox works on is to be sent again", async () => {
		const { send, ports } = stripeTests();
		const created = told("created");
		await ports.idempotencyKeys.claim("stripe:events", created.id, created.type);
		expect(await send(created)).toBe("idempotency_key_busy");
	});

	it("of a type that concerns nobody here is ignored, and so is a payment for no subscription", async () => {
		const { send, ports } = stripeTests();
		expect(await send(event("invoice.paid", { id: "in_1" }))).toBe("ignored");
		expect(await send(checkout(bob, { mode: "payment" }))).toBe("waiting");
		expect(ports.store.payers.size).toBe(0);
	});
});

describe("what is not signed by Stripe", () => {
	const body = JSON.stringify(checkout(bob));
	const hex = (time: number, by = secret) => createHmac("sha256", by).update(`${time}.${body}`).digest("hex");

	it.each([
		["has no signature", () => null],
		["has the signature of another body", () => sign("{}")],
		["is signed by another secret", () => sign(body, { by: "whsec_of_another" })],
		["is signed six minutes ago", () => sign(body, { time: nowSeconds() - 360 })],
		["is signed in six minutes", () => sign(body, { time: nowSeconds() + 360 })],
		[
			"has another time than was signed",
			() => sign(body, { time: nowSeconds() - 60 }).replace(/t=\d+/, `t=${nowSeconds()}`),
		],
		["has no time", () => `v1=${hex(nowSeconds())}`],
		["has a time that is no number", () => `t=NaN,v1=${hex(Number.NaN)}`],
		["has a signature of another scheme", () => sign(body).replace("v1=", "v2=")],
		["has a shorter signature", () => sign(body).replace(/v1=(\w{62})\w\w/, "v1=$1")],
	])("is refused where it %s", async (_, signature) => {
		const { sendText, ports } = stripeTests();
		const { status, body: answer } = await sendText(body, signature());
		expect([status, answer.code]).toEqual([400, "signature_refused"]);
		expect(ports.store.payers.size).toBe(0);
	});

	it("is accepted by either secret while one is being replaced", async () => {
		const { sendText } = stripeTests();
		const time = nowSeconds();
		const { status } = await sendText(body, `t=${time},v1=${hex(time, "whsec_new")},v1=${hex(time)}`);
		expect(status).toBe(200);
	});

	it("is looked at in no other way: what is signed and is no event is refused by name", async () => {
		const { sendText } = stripeTests();
		for (const text of ["not json", '"text"', "null", '{"id":"evt_1","type":"checkout.session.completed"}']) {
			const { status, body: answer } = await sendText(text);
			expect([status, answer.code], text).toEqual([400, "invalid_request"]);
		}
		const huge = JSON.stringify({ id: "evt_1", type: "x", data: "x".repeat(300_000) });
		expect((await sendText(huge)).status).toBe(413);
	});
});

describe("an environment where nobody pays", () => {
	it.each([
		["without the setting", null],
		["without the secret", { tiers: { price_pro: "pro" as const }, signingSecret: async () => null }],
	])("has no such route %s", async (_, stripe) => {
		const { send, sendText } = stripeTests({ stripe });
		expect(await send(checkout(bob))).toBe("route_not_found");
		expect((await sendText("not json", null)).status).toBe(404);
	});

	it("says that it failed where the secret cannot be read", async () => {
		const signingSecret = () => Promise.reject(new Error("Secrets Manager does not answer."));
		const { send } = stripeTests({ stripe: { tiers: {}, signingSecret } });
		expect(await send(checkout(bob))).toBe("internal_error");
	});
});
