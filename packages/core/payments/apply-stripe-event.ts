import type { Tier } from "../limits/tiers.ts";
import type { Ports } from "../ports/index.ts";
import { type StripeEvent, tierOfSubscription } from "./stripe-event.ts";

/** The key under which events are remembered: no person has it as an id. */
const rememberedBy = "stripe:events";
/** Two events at once may each read what the other has not written. */
const maxRounds = 5;

export type StripeOutcome =
	| { outcome: "moved"; userId: string; before: Tier; tier: Tier }
	/** The person has that tier already. */
	| { outcome: "unchanged"; userId: string; tier: Tier }
	/** The customer is nobody yet: the event that names the person is still to come. */
	| { outcome: "waiting" }
	| { outcome: "repeated" }
	| { outcome: "busy" }
	| { outcome: "unknown_person" }
	| { outcome: "unknown_price" };

type PaymentPorts = Pick<Ports, "subscriptions" | "userPool" | "idempotencyKeys">;

/**
 * Moves a person to the tier that they pay for. An event counts once. Where it moves nobody since person or price is unknown,
 * it is forgotten, so that it can be sent again once they are known.
 */
export async function applyStripeEvent(
	ports: PaymentPorts,
	event: StripeEvent,
	tiers: Readonly<Record<string, Tier>>,
): Promise<StripeOutcome> {
	const { idempotencyKeys } = ports;
	const found = await idempotencyKeys.claim(rememberedBy, event.id, event.type);
	if (found.state === "running") return { outcome: "busy" };
	if (found.state !== "claimed") return { outcome: "repeated" };
	const { claim } = found;
	const forget = () => idempotencyKeys.forget(rememberedBy, claim);
	try {
		const outcome = await apply(ports, event, tiers);
		if (outcome.outcome === "unknown_person" || outcome.outcome === "unknown_price") await forget();
		else await idempotencyKeys.keep(rememberedBy, claim, { status: 200, headers: {}, body: null, itemIds: [] });
		return outcome;
	} catch (error) {
		// Stripe sends it again. Where this fails, too, the claim ends by itself.
		await forget().catch(() => {});
		throw error;
	}
}

async function apply(
	ports: PaymentPorts,
	event: StripeEvent,
	tiers: Readonly<Record<string, Tier>>,
): Promise<StripeOutcome> {
	const { subscriptions, userPool } = ports;
	const toldAt = new Date(event.created * 1_000);
	if (event.type === "checkout.session.completed") {
		const { mode, customer, client_reference_id: userId } = event.data.object;
		if (mode !== "subscription" || !customer) return { outcome: "waiting" };
		if (!userId || !isUserId(userId) || !(await userPool.find(userId))) return { outcome: "unknown_person" };
		await subscriptions.link(customer, userId, toldAt);
		return settle(ports, customer);
	}
	const { id, customer } = event.data.object;
	const hasEnded = event.type === "customer.subscription.deleted";
	const tier = hasEnded ? "free" : tierOfSubscription(event.data.object, tiers);
	if (tier === null) return { outcome: "unknown_price" };
	await subscriptions.record({ id, customerId: customer, tier, hasEnded }, toldAt);
	return settle(ports, customer);
}

/** Gives the person the tier that is known now, and looks again: another event may have told more meanwhile. */
async function settle({ subscriptions, userPool }: PaymentPorts, customerId: string): Promise<StripeOutcome> {
	const payer = await subscriptions.payer(customerId);
	if (!payer) return { outcome: "waiting" };
	const { userId } = payer;
	const before = (await userPool.find(userId))?.tier;
	if (before === undefined) return { outcome: "unknown_person" };
	let { tier } = payer;
	if (tier !== before) await userPool.setTier(userId, tier);
	for (let round = 1; round < maxRounds; round += 1) {
		const now = (await subscriptions.payer(customerId))?.tier ?? tier;
		if (now === tier) break;
		tier = now;
		await userPool.setTier(userId, tier);
	}
	return tier === before ? { outcome: "unchanged", userId, tier } : { outcome: "moved", userId, before, tier };
}

const isUserId = (value: string) => /^[\w-]{1,128}$/.test(value);
