import { PermanentFailure, StageBusy, usageOf } from "./errors.ts";
import type { EventSource } from "./events.ts";
import type { Item } from "./item.ts";
import type { Lease, Ports, StageName } from "./ports.ts";

/** How one handling of an event ended; all of them acknowledge it. */
export type StageOutcome =
	| "committed"
	/** A late or repeated event: the work is done, or another holder did it meanwhile. */
	| "skipped"
	/** Recorded on the item as `failed`. */
	| "failed"
	/** The item was deleted. */
	| "gone";

export interface StageOptions {
	/** At least as long as the invocation may still run: a lease must outlive its holder. */
	leaseSeconds: number;
	/** Calls of models end before it, so that the stage can still write down how it ended. */
	deadline: Date;
}

/**
 * Runs one stage of one item, safely for repeated, late and concurrent events: takes the lease, works,
 * commits fenced by the lease, then sends what the commit left in the outbox.
 *
 * @throws StageBusy; and what a retry may mend, with the lease given back: the sweeper covers what is never retried.
 */
export async function runStage(
	ports: Pick<Ports, "stages" | "outbox" | "events">,
	source: EventSource,
	stage: StageName,
	of: { userId: string; itemId: string },
	{ leaseSeconds }: StageOptions,
	work: (lease: Lease, item: Item, attempt: number) => Promise<boolean>,
): Promise<StageOutcome> {
	const { stages } = ports;
	const claim = await stages.claim(of.userId, of.itemId, stage, leaseSeconds);
	if (claim.outcome === "gone") return "gone";
	if (claim.outcome === "busy") throw new StageBusy(claim.secondsLeft);
	if (claim.outcome === "done") {
		await sendOutbox(ports, source, of);
		return "skipped";
	}
	let outcome: StageOutcome;
	try {
		const committed = await work(claim.lease, claim.item, claim.attempt);
		outcome = committed ? "committed" : "skipped";
	} catch (error) {
		if (!(error instanceof PermanentFailure)) {
			await stages.release(claim.lease, usageOf(error));
			throw error;
		}
		outcome = (await stages.fail(claim.lease, error.error, error.usage))
			? "failed"
			: "skipped";
	}
	await sendOutbox(ports, source, of);
	return outcome;
}

/** Sends an item's committed events. Sending one twice is harmless: its receiver claims the item first. */
export async function sendOutbox(
	{ outbox, events }: Pick<Ports, "outbox" | "events">,
	source: EventSource,
	of: Parameters<Ports["outbox"]["unsent"]>[0],
): Promise<number> {
	const unsent = await outbox.unsent(of);
	if (unsent.length === 0) return 0;
	await events.publish(source, unsent);
	await outbox.markSent(unsent.map(({ id }) => id));
	return unsent.length;
}
