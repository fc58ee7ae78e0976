import type { Delivery, Webhook } from "../webhooks/webhook.ts";

export type NewWebhook = Pick<Webhook, "id" | "userId" | "url" | "events"> & { secret: string };

/** A delivery with the address that it goes to. */
export interface DueDelivery extends Delivery {
	url: string;
	secret: string;
	/** Failed attempts in a row at this address, whatever they delivered. */
	failures: number;
}

/** The receiver's answer, or the reason why there was none. */
export interface DeliveryFailure {
	status: number | null;
	error: string;
}

/** Webhooks and their deliveries. Items announce their changes to these by themselves. */
export interface Webhooks {
	/** @throws AppError `too_many_webhooks` where the person has `maxWebhooks` already */
	create(webhook: NewWebhook): Promise<Webhook>;
	/** Lists a person's webhooks, the newest first. */
	list(userId: string): Promise<Webhook[]>;
	/** Deletes a webhook with its deliveries. False where there is none. */
	delete(userId: string, webhookId: string): Promise<boolean>;
	/** Puts a test delivery beside the others, also of a webhook that is switched off. @returns its id; null where there is no such webhook */
	addTest(userId: string, webhookId: string): Promise<string | null>;
	/**
	 * Takes the oldest due delivery, and its webhook with it, for `leaseSeconds`: of one webhook one at a time, and none while
	 * its wait after a failure is not over.
	 */
	claimDue(userId: string, leaseSeconds: number): Promise<DueDelivery | null>;
	/** Ends a delivery, and with it the failures of its webhook, which is switched on again. */
	succeed(delivery: Delivery, status: number): Promise<void>;
	/**
	 * Puts off all deliveries of the webhook by `retrySeconds`. A test is not tried again, nor is a delivery of more than
	 * `maxFailingSeconds`; a webhook that fails for so long is switched off, and loses its deliveries.
	 * @returns whether it is off now, and whether this attempt switched it off
	 */
	fail(
		delivery: Delivery,
		failure: DeliveryFailure,
		retrySeconds: number,
	): Promise<{ isOff: boolean; switchedOff: boolean }>;
	/** True where a delivery could be made now. */
	isDue(userId: string): Promise<boolean>;
	/** Lists people whose deliveries are due since before so many seconds, the longest first: an event was lost, or a wait is over. */
	owed(olderThanSeconds: number, limit: number): Promise<string[]>;
}

/** Sends deliveries. */
export interface WebhookSender {
	/**
	 * Posts a body to an address that is public when it is connected to, and follows no redirect.
	 * @returns the answer's status
	 * @throws DeliveryRefused where the address may not be called; any other error where there was no answer
	 */
	post(url: string, headers: Record<string, string>, body: string, deadline: Date): Promise<number>;
}
