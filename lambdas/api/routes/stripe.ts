import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { applyStripeEvent, type StripeOutcome } from "#core/payments/apply-stripe-event.ts";
import { anyStripeEvent, handledTypes, type StripeEvent, stripeEvent } from "#core/payments/stripe-event.ts";
import { isSignedByStripe } from "#core/payments/stripe-signature.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { busy, problem } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { routeNotFound } from "../http/route-not-found.ts";
import { json, open } from "../http/routing.ts";
import { routes } from "./table.ts";

const outcomes = ["moved", "unchanged", "waiting", "repeated", "unknown_person", "unknown_price", "ignored"] as const;

const receive = open(routes.receiveStripeEvent, {
	tags: ["Administration"],
	summary: "Stripe's events: what a person pays for decides their tier",
	description:
		"For Stripe alone, where the environment has its signing secret; elsewhere there is no such route. An event counts once, and an older one changes nothing. Events that move nobody are answered with 200, too: sending them again at once would not help.",
	request: {
		headers: z.object({ "stripe-signature": z.string().optional() }),
		// Read by the handler: what is not signed is not looked at.
		body: { required: true, content: { "application/json": { schema: { type: "object" } } } },
	},
	responses: {
		400: problem("It is not signed, signed too long ago, or no event of Stripe's."),
		404: problem("Nobody pays in this environment."),
		409: busy("The same event is being worked on."),
		200: json("The event was read.", z.object({ outcome: z.enum(outcomes) }).openapi("StripeOutcome")),
	},
});

/** Serves what Stripe tells about those who pay. */
export const register: RegisterRoutes = (app, ports, { stripe }) => {
	app.openapi(receive, async (c) => {
		const secret = stripe && (await stripe.signingSecret());
		if (!stripe || !secret) {
			if (stripe) log.warn("the secret by which Stripe signs is missing", { request_id: c.get("requestId") });
			return routeNotFound(c) as never;
		}
		const body = await c.req.text();
		if (!isSignedByStripe(body, c.req.header("stripe-signature") ?? "", secret, new Date())) {
			throw new AppError(
				"signature_refused",
				"The header Stripe-Signature is not Stripe's, or of more than five minutes ago: nothing was read.",
			);
		}
		const event = eventIn(body);
		if (event === null) return c.json({ outcome: "ignored" as const }, 200);
		const result = await applyStripeEvent(ports, event, stripe.tiers);
		writeDown(c.get("requestId"), event, result);
		if (result.outcome === "busy") {
			throw new AppError("idempotency_key_busy", "The same event is being worked on: send it again.");
		}
		return c.json({ outcome: result.outcome }, 200);
	});
};

/** Returns the event of a signed body; null for those of types that concern nobody here. @throws AppError `invalid_request` */
function eventIn(body: string): StripeEvent | null {
	let parsed: unknown;
	try {
		parsed = JSON.parse(body);
	} catch {
		// The parser's message would quote the body.
	}
	const known = anyStripeEvent.safeParse(parsed);
	if (known.success && !handledTypes.has(known.data.type)) return null;
	const event = stripeEvent.safeParse(parsed);
	if (event.success) return event.data;
	const paths = event.error.issues.map(({ path }) => path.join(".")).filter(Boolean);
	throw new AppError(
		"invalid_request",
		`The body is no event that this route can read${paths.length > 0 ? ` (${paths.slice(0, 5).join(", ")})` : ""}.`,
	);
}

/** The line by which a change of a tier, or what kept it from being made, is found later. */
function writeDown(requestId: string, { id, type }: StripeEvent, result: StripeOutcome): void {
	const fields = {
		request_id: requestId,
		event: id,
		type,
		outcome: result.outcome,
		...("userId" in result && { person: hashUser(result.userId), change: { tier: result.tier } }),
		...("before" in result && { before: { tier: result.before } }),
	};
	if (result.outcome === "moved") log.info("a payment changed a person", fields);
	else if (result.outcome.startsWith("unknown")) log.warn("a payment moved nobody", fields);
	else log.info("a payment changed nothing", fields);
}
