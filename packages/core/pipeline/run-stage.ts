import {
	ModelFailure,
	PermanentFailure,
	StageBusy,
	usageOf,
} from "../errors.ts";
import type { Item } from "../items/item.ts";
import type { Claim, Ports } from "../ports/index.ts";
import { announcedBy, type EventSource, type StageName } from "./stages.ts";
import { permanentModelFailures, type RequestError } from "./work-request.ts";

/** How one handling of an event ended; all of them acknowledge it. */
export type StageOutcome =
	| "committed"
	/** A late or repeated event: the work is done, or another holder did it meanwhile. */
	| "skipped"
	/** Recorded as `failed` on the item, or on the request where the work was asked for. */
	| "failed"
	/** The item was deleted. */
	| "gone";

export interface StageOptions {
	/** At least as long as the invocation may still run: a lease must outlive its holder. */
	leaseSeconds: number;
	/** Calls of models end before it, so that the stage can still write down how it ended. */
	deadline: Date;
	/** Told of the item once its lease is held. */
	onClaimed?: (item: Item) => void;
	/** Told of the item when it can be found for the first time. */
	onReady?: (item: Item) => void;
}

/** What a stage works on: the item whose turn it is, or what a person asked for it. */
export interface StageTask {
	userId: string;
	itemId: string;
	requestId?: string | undefined;
}

/**
 * Runs one stage of one item, safely for repeated, late and concurrent events: takes the lease, works,
 * commits fenced by the lease, then sends what the commit left in the outbox.
 *
 * @throws StageBusy; and what a retry may mend, with the lease given back: the sweeper covers what is never retried.
 */
export async function runStage(
	ports: Pick<Ports, "stages" | "outbox" | "events">,
	stage: StageName,
	{ userId, itemId, requestId }: StageTask,
	{ leaseSeconds, onClaimed }: StageOptions,
	work: (claimed: Claim & { outcome: "claimed" }) => Promise<boolean>,
): Promise<StageOutcome> {
	const { stages } = ports;
	const of = { userId, itemId };
	const claim = requestId
		? await stages.claimRequest(userId, itemId, requestId, leaseSeconds)
		: await stages.claim(userId, itemId, stage, leaseSeconds);
	if (claim.outcome === "gone") return "gone";
	if (claim.outcome === "busy") throw new StageBusy(claim.secondsLeft);
	if (claim.outcome === "done") {
		await sendOutbox(ports, of);
		return "skipped";
	}
	const { lease } = claim;
	onClaimed?.(claim.item);
	let outcome: StageOutcome;
	try {
		if (await work(claim)) outcome = "committed";
		else {
			// There was nothing to do: whoever has the item's true event must not wait for our lease to end.
			await stages.release(lease);
			outcome = "skipped";
		}
	} catch (error) {
		const usage = usageOf(error);
		const hopeless = claim.request && asRequestError(error);
		let recorded: boolean;
		if (hopeless) {
			recorded = await stages.failRequest(lease, hopeless, usage);
		} else if (error instanceof PermanentFailure) {
			recorded = await stages.fail(lease, error.error, usage);
		} else {
			await stages.release(lease, usage);
			throw error;
		}
		outcome = recorded ? "failed" : "skipped";
	}
	await sendOutbox(ports, of);
	return outcome;
}

/** What no retry of the request mends; null where one may. */
function asRequestError(error: unknown): RequestError | null {
	if (error instanceof PermanentFailure) {
		const { code, detail } = error.error;
		return { code, detail };
	}
	if (error instanceof ModelFailure) {
		const code = permanentModelFailures.find((one) => one === error.code);
		if (code) return { code, detail: error.message };
	}
	return null;
}

/** Sends an item's committed events. Sending one twice is harmless: its receiver claims the item first. */
export async function sendOutbox(
	{ outbox, events }: Pick<Ports, "outbox" | "events">,
	of: Parameters<Ports["outbox"]["unsent"]>[0],
): Promise<number> {
	const unsent = await outbox.unsent(of);
	if (unsent.length === 0) return 0;
	const bySource = Map.groupBy(unsent, ({ type }) => announcedBy[type]);
	for (const [source, announced] of bySource) {
		await events.publish(source as EventSource, announced);
	}
	await outbox.markSent(unsent.map(({ id }) => id));
	return unsent.length;
}
