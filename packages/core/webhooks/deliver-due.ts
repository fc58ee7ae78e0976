import type { DueDelivery, Ports } from "../ports/index.ts";
import { deliveryBody, retrySecondsAfter, signatureOf } from "./webhook.ts";

/** A receiver answers within it. */
const maxAnswerMs = 10_000;
/** Longer than an attempt takes. */
const leaseSeconds = 60;
const maxErrorLength = 300;

type DeliveryPorts = Pick<Ports, "webhooks" | "webhookSender" | "clock">;

interface DeliveryReport {
	delivered: number;
	failed: number;
	/** Webhooks that were switched off. */
	switchedOff: string[];
	/** When the person's deliveries are looked at again; null where nothing is left that an attempt of now has put off. */
	againSeconds: number | null;
}

/** Makes a person's due deliveries one after the other, until none is due or the deadline is near. */
export async function deliverDue(
	ports: DeliveryPorts,
	userId: string,
	{ deadline }: { deadline: Date },
): Promise<DeliveryReport> {
	const report: DeliveryReport = { delivered: 0, failed: 0, switchedOff: [], againSeconds: null };
	while (Date.now() + maxAnswerMs < deadline.getTime()) {
		const delivery = await ports.webhooks.claimDue(userId, leaseSeconds);
		if (!delivery) return report;
		const answer = await attempt(ports, delivery);
		if (typeof answer === "number") {
			await ports.webhooks.succeed(delivery, answer);
			report.delivered += 1;
			continue;
		}
		const retrySeconds = retrySecondsAfter(delivery.failures + 1);
		const { isOff, switchedOff } = await ports.webhooks.fail(delivery, answer, retrySeconds);
		report.failed += 1;
		if (switchedOff) report.switchedOff.push(delivery.webhookId);
		// A failed test is not tried again, but what it put off is.
		if (!isOff) report.againSeconds = Math.min(report.againSeconds ?? retrySeconds, retrySeconds);
	}
	return { ...report, againSeconds: 0 };
}

async function attempt(
	{ webhookSender, clock }: DeliveryPorts,
	delivery: DueDelivery,
): Promise<number | { status: number | null; error: string }> {
	const body = deliveryBody(delivery);
	const headers = {
		"content-type": "application/json",
		"user-agent": "Collections-Webhooks/1",
		"collections-delivery": delivery.id,
		"collections-event": delivery.type,
		"collections-signature": signatureOf(delivery.secret, body, clock.now()),
	};
	try {
		const status = await webhookSender.post(delivery.url, headers, body, new Date(Date.now() + maxAnswerMs));
		if (status >= 200 && status < 300) return status;
		const hint = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
		return { status, error: `The receiver answered ${status}${hint}.` };
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		return { status: null, error: message.slice(0, maxErrorLength).toWellFormed() };
	}
}
