import { ModelFailure, PermanentFailure, StageBusy, usageOf, WorkDeferred } from "../errors.ts";
import type { Item } from "../items/item.ts";
import type { Claim, Fairness, Ports } from "../ports/index.ts";
import { sendOutbox } from "./send-events.ts";
import type { StageName } from "./stages.ts";
import { permanentModelFailures, type RequestError } from "./work-request.ts";

/** The outcome of an event; each of them acknowledges it. */
export type StageOutcome =
	| "committed"
	/** A late or repeated event: the work was done before, or by another holder meanwhile. */
	| "skipped"
	/** Recorded on the item, or on the request that asked for the work. */
	| "failed"
	/** The item was deleted. */
	| "gone";

export interface StageOptions {
	/** At least the remaining time of the invocation: a lease must outlive its holder. */
	leaseSeconds: number;
	/** Model calls end before it, so that the stage can still record its outcome. */
	deadline: Date;
	/** @default none */
	fairness?: Fairness;
	/** Called with the item once its lease is held. */
	onClaimed?: (item: Item) => void;
	/** Called with the item when it becomes searchable for the first time. */
	onReady?: (item: Item) => void;
}

/** The item that a stage works on; with `requestId` for a person's request. */
export interface StageTask {
	userId: string;
	itemId: string;
	requestId?: string | undefined;
}

/**
 * Runs one stage of one item, safely for repeated, late and concurrent events: takes the lease, does the work, commits
 * under the lease, then sends the events that the commit left in the outbox.
 *
 * @throws StageBusy; WorkDeferred; and errors that a retry may resolve, after the lease is released. The sweeper covers
 * events that are never retried.
 */
export async function runStage(
	ports: Pick<Ports, "stages" | "outbox" | "events">,
	stage: StageName,
	{ userId, itemId, requestId }: StageTask,
	{ leaseSeconds, fairness, onClaimed }: StageOptions,
	work: (claimed: Claim & { outcome: "claimed" }) => Promise<boolean>,
): Promise<StageOutcome> {
	const { stages } = ports;
	const claim = requestId
		? await stages.claimRequest(userId, itemId, requestId, leaseSeconds, fairness)
		: await stages.claim(userId, itemId, stage, leaseSeconds, fairness);
	if (claim.outcome === "gone") return "gone";
	if (claim.outcome === "busy") throw new StageBusy(claim.secondsLeft);
	if (claim.outcome === "deferred") throw new WorkDeferred(claim);
	if (claim.outcome === "done") {
		await sendOutbox(ports, { userId, itemId });
		return "skipped";
	}
	const { lease } = claim;
	onClaimed?.(claim.item);
	let outcome: StageOutcome;
	try {
		if (await work(claim)) outcome = "committed";
		else {
			// There was nothing to do: the handler of the item's current event must not wait for this lease to expire.
			await stages.release(lease);
			outcome = "skipped";
		}
	} catch (error) {
		const usage = usageOf(error);
		const requestError = claim.request && asRequestError(error);
		let recorded: boolean;
		if (requestError) {
			recorded = await stages.failRequest(lease, requestError, usage);
		} else if (error instanceof PermanentFailure) {
			recorded = await stages.fail(lease, error.error, usage);
		} else if (error instanceof ModelFailure && error.outage) {
			const deferral = await stages.putOff(lease, error.outage, usage);
			if (deferral) throw new WorkDeferred(deferral);
			recorded = false;
		} else {
			await stages.release(lease, usage);
			throw error;
		}
		outcome = recorded ? "failed" : "skipped";
	}
	await sendOutbox(ports, { userId, itemId });
	return outcome;
}

/** Converts an error that no retry resolves to the request's; null for any other. */
function asRequestError(error: unknown): RequestError | null {
	if (error instanceof PermanentFailure) {
		const { code, detail } = error.error;
		return { code, detail };
	}
	if (error instanceof ModelFailure) {
		const code = permanentModelFailures.find((permanent) => permanent === error.code);
		if (code) return { code, detail: error.message };
	}
	return null;
}
