import { z } from "zod";
import { type Tier, tierOf } from "../limits/tiers.ts";

const id = z.string().min(1).max(255);
/** Stripe gives an id, or the object itself where the endpoint's version says so. */
const reference = z.union([id, z.object({ id }).transform((object) => object.id)]);
const created = z.int().min(0).max(99_999_999_999);

const subscription = z.object({
	id,
	customer: reference,
	status: z.string(),
	items: z.object({ data: z.array(z.object({ price: z.object({ id, product: reference }) })) }),
});

const subscriptionEvent = <const Type extends string>(type: Type) =>
	z.object({ id, created, type: z.literal(`customer.subscription.${type}`), data: z.object({ object: subscription }) });

const checkout = z.object({
	id,
	created,
	type: z.literal("checkout.session.completed"),
	data: z.object({
		object: z.object({ mode: z.string(), customer: reference.nullish(), client_reference_id: z.string().nullish() }),
	}),
});

/** The events that move people between tiers. */
export const stripeEvent = z.discriminatedUnion("type", [
	subscriptionEvent("created"),
	subscriptionEvent("updated"),
	subscriptionEvent("deleted"),
	checkout,
]);
export type StripeEvent = z.infer<typeof stripeEvent>;
export type StripeSubscription = z.infer<typeof subscription>;

/** Every event has these; of other types nothing else is read. */
export const anyStripeEvent = z.object({ id, type: z.string().max(255) });

export const handledTypes: ReadonlySet<string> = new Set(stripeEvent.options.map(({ shape }) => shape.type.value));

/** Stripe goes on asking for the money of a subscription that is past due; until it gives up, the person keeps what they have. */
const paying = ["active", "trialing", "past_due"];

/** Returns the tier of a subscription; null where the environment knows none of its prices and products. */
export function tierOfSubscription(
	{ status, items }: StripeSubscription,
	tiers: Readonly<Record<string, Tier>>,
): Tier | null {
	const known = items.data.flatMap(({ price }) => tiers[price.id] ?? tiers[price.product] ?? []);
	if (known.length === 0) return null;
	return paying.includes(status) ? tierOf(known) : "free";
}
