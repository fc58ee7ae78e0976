import { createHmac, randomBytes } from "node:crypto";
import { derivedId } from "../ids.ts";
import type { OutgoingEvent } from "../pipeline/events.ts";

/** Changes of an item of which a webhook tells. */
export const webhookEvents = ["item.ready", "item.failed", "item.deleted"] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** An address that a person wants told of changes of their items. */
export interface Webhook {
	id: string;
	userId: string;
	url: string;
	events: WebhookEvent[];
	createdAt: Date;
	/** The first failed attempt since the last one that succeeded. */
	failingSince: Date | null;
	/** Switched off after a day of failures; a test that succeeds switches it on again. */
	disabledAt: Date | null;
	lastAttemptAt: Date | null;
	/** The receiver's answer; null where there was none. */
	lastStatus: number | null;
	/** Null where the last attempt succeeded. */
	lastError: string | null;
}

/** One announcement to one address. */
export interface Delivery {
	/** The same at every attempt: a receiver that got it twice sees it by this. */
	id: string;
	userId: string;
	webhookId: string;
	type: WebhookEvent | "webhook.test";
	itemId: string | null;
	/** Of a failed item. */
	errorCode: string | null;
	createdAt: Date;
	/** This one included. */
	attempts: number;
}

/** Bounds the webhooks of a person. */
export const maxWebhooks = 10;
/** A webhook whose attempts fail for so long is switched off, and a delivery so old is given up. */
export const maxFailingSeconds = 24 * 60 * 60;
const firstRetrySeconds = 30;
const maxRetrySeconds = 6 * 60 * 60;

/** Returns the wait after failures in a row: 30 seconds, 2, 8 and 32 minutes, two hours, then six. */
export const retrySecondsAfter = (failures: number): number =>
	Math.min(maxRetrySeconds, firstRetrySeconds * 4 ** (failures - 1));

/** Makes a secret of 256 bits. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(32).toString("base64url")}`;

/** Writes what a receiver gets. */
export function deliveryBody({ id, type, createdAt, itemId, errorCode }: Delivery): string {
	return JSON.stringify({
		id,
		type,
		created_at: createdAt.toISOString(),
		data: itemId ? { item_id: itemId, ...(errorCode && { error: { code: errorCode } }) } : {},
	});
}

/** Signs a body as of a time: HMAC-SHA256 over `TIME.BODY`, with the time in seconds, so that a receiver refuses an old one. */
export function signatureOf(secret: string, body: string, now: Date): string {
	const seconds = Math.floor(now.getTime() / 1_000);
	const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
	return `t=${seconds}, v1=${digest}`;
}

/** Builds the event that wakes the function: the person has deliveries to make. */
export function deliveriesDueEvent(userId: string, now: number): OutgoingEvent<"DeliveriesDue"> {
	const id = derivedId(userId, "DeliveriesDue", now);
	return { id, type: "DeliveriesDue", detail: { version: 1, correlation_id: id, user_id: userId } };
}
