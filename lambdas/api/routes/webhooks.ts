import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { eventSources } from "#core/pipeline/stages.ts";
import {
	deliveriesDueEvent,
	maxWebhooks,
	newWebhookSecret,
	type Webhook,
	webhookEvents,
} from "#core/webhooks/webhook.ts";
import { deleteById, deletion } from "../http/deletion.ts";
import { conflict } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery, requiredBody } from "../http/routing.ts";
import { routes } from "./table.ts";

const tags = ["Webhooks"];

const timestamp = z.iso.datetime();

const webhookSchema = z
	.object({
		id: z.uuid(),
		url: z.url().openapi({ example: "https://example.com/collections" }),
		events: z.array(z.enum(webhookEvents)),
		secret: z.string().nullable().openapi({
			description: "Signs every delivery. Only the answer that made the webhook has it.",
			example: "whsec_Zl1nVvZ0v3l5qWn6e0cYrAZl1nVvZ0v3l5qWn6e0cYrA",
		}),
		state: z.enum(["on", "failing", "off"]).openapi({
			description: "`off` after a day of failures: nothing is delivered until a test succeeds.",
		}),
		notice: z.string().nullable().openapi({ description: "A sentence on what is wrong; null while nothing is." }),
		failing_since: timestamp.nullable(),
		disabled_at: timestamp.nullable(),
		last_attempt_at: timestamp.nullable(),
		last_status: z.int().nullable().openapi({ description: "The receiver's answer; null where it gave none." }),
		created_at: timestamp,
	})
	.openapi("Webhook");

function presentWebhook(webhook: Webhook, secret: string | null): z.infer<typeof webhookSchema> {
	const { failingSince, disabledAt, lastError } = webhook;
	const state = disabledAt ? "off" : failingSince ? "failing" : "on";
	return {
		id: webhook.id,
		url: webhook.url,
		events: webhook.events,
		secret,
		state,
		notice:
			state === "off"
				? `It was switched off after a day of failures: ${lastError ?? "no answer."} Repair the receiver, and send a test.`
				: lastError,
		failing_since: failingSince?.toISOString() ?? null,
		disabled_at: disabledAt?.toISOString() ?? null,
		last_attempt_at: webhook.lastAttemptAt?.toISOString() ?? null,
		last_status: webhook.lastStatus,
		created_at: webhook.createdAt.toISOString(),
	};
}

const receiver = text(2_000)
	.refine((address) => URL.canParse(address), { error: "Must be an address such as https://example.com/collections" })
	.refine((address) => !URL.canParse(address) || isSafe(new URL(address)), {
		error: "Must begin with https://, and hold no user name or password",
	})
	.openapi({ format: "uri" });

/** Without TLS only a receiver on the API's own machine, which environment `local` alone delivers to. */
function isSafe({ protocol, hostname, username, password }: URL): boolean {
	if (username || password) return false;
	return protocol === "https:" || (protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
}

const create = guarded(routes.createWebhook, {
	tags,
	summary: "Have changes of your items told to an address",
	description: `What is delivered is signed: \`Collections-Signature: t=TIME, v1=HEX\` is the HMAC-SHA256 of \`TIME.BODY\` by the secret of this answer. At most ${maxWebhooks} webhooks. Addresses that are not of the public internet get nothing.`,
	request: {
		query: noQuery,
		body: requiredBody(
			z
				.strictObject({
					url: receiver,
					events: z
						.array(z.enum(webhookEvents))
						.min(1)
						.max(webhookEvents.length)
						.default([...webhookEvents]),
				})
				.openapi({ example: { url: "https://example.com/collections", events: ["item.ready", "item.failed"] } }),
		),
	},
	responses: { 201: json("The webhook, with its secret.", webhookSchema), 409: conflict },
});

const list = guarded(routes.listWebhooks, {
	tags,
	summary: "List your webhooks, newest first, with how they fare",
	request: { query: noQuery },
	responses: { 200: json("The webhooks.", z.object({ webhooks: z.array(webhookSchema) })) },
});

const remove = deletion(routes.deleteWebhook, {
	tags,
	summary: "Delete a webhook, and what waits to be delivered to it",
});

const test = guarded(routes.testWebhook, {
	tags,
	summary: "Send a test to a webhook",
	description:
		"Delivers an event `webhook.test` within seconds, once. `GET /webhooks` then has its outcome; one that succeeds switches the webhook on again.",
	request: { params: idParams, query: noQuery },
	responses: {
		202: json("It will be sent.", z.object({ status: z.literal("queued"), delivery_id: z.uuid() })),
	},
});

const noWebhook = (id: string) => new AppError("webhook_not_found", `There is no webhook ${id}.`);

/** Serves a person's webhooks. */
export const register: RegisterRoutes = (app, { webhooks, events }) => {
	app.openapi(create, async (c) => {
		const { url, events: wanted } = c.req.valid("json");
		const secret = newWebhookSecret();
		const made = await webhooks.create({
			id: randomUUID(),
			userId: c.get("userId"),
			url,
			events: [...new Set(wanted)],
			secret,
		});
		c.set("isSecret", true);
		return c.json(presentWebhook(made, secret), 201);
	});

	app.openapi(list, async (c) => {
		const all = await webhooks.list(c.get("userId"));
		return c.json({ webhooks: all.map((webhook) => presentWebhook(webhook, null)) }, 200);
	});

	app.openapi(
		remove,
		deleteById((userId, id) => webhooks.delete(userId, id), noWebhook),
	);

	app.openapi(test, async (c) => {
		const id = idOf(c.req.valid("param").id, noWebhook);
		const userId = c.get("userId");
		const deliveryId = await webhooks.addTest(userId, id);
		if (!deliveryId) throw noWebhook(id);
		await events.publish(eventSources.api, [deliveriesDueEvent(userId, Date.now())]);
		return c.json({ status: "queued" as const, delivery_id: deliveryId }, 202);
	});
};
