import type { Analysis, ModelUsage } from "../items/analysis.ts";
import type { Fingerprint } from "../items/fingerprint.ts";
import type { Item, ItemError, Location } from "../items/item.ts";
import type { TakenAt } from "../items/taken-at.ts";
import type { OutgoingEvent } from "../pipeline/events.ts";
import type { Outage } from "../pipeline/outage.ts";
import type { StageName } from "../pipeline/stages.ts";
import type { RequestError, WorkRequest } from "../pipeline/work-request.ts";
import type { ModelComparison } from "../verification/comparison.ts";

/** A stage's lease of an item, on the database clock. A result commits only under it. */
export interface Lease {
	userId: string;
	itemId: string;
	stage: StageName;
	token: string;
	/** The request that it serves; null for the pipeline's own work. */
	requestId: string | null;
}

/** How a claim regards other people: without it, it does not. */
export interface Fairness {
	/** Leases of the stage that a busy person may hold while another was active a moment ago; at least 1. */
	fairShare: number;
	/**
	 * The message names its person to the queue. One that does not is put off at the fair share in any case, and comes back at
	 * once with the name.
	 */
	grouped: boolean;
}

export interface Deferral {
	/** `order`: another waits who comes first. `fair_share`: the person holds a fair share. `outage`: no model is asked at present. */
	reason: "order" | "fair_share" | "outage";
	/** The person's leases of the stage, where other people come first. */
	held?: number;
	/** How long the item or request has waited. */
	waitedSeconds: number;
	/** Nobody yields to it before it comes again, in so many seconds. */
	seconds: number;
}

export type Claim =
	| {
			outcome: "claimed";
			lease: Lease;
			item: Item;
			attempt: number;
			/** The request to serve; null for the pipeline's own work. */
			request: WorkRequest | null;
	  }
	/** The item is past this stage (a late or repeated event), or failed. */
	| { outcome: "done" }
	/** Another holder, alive or dead, has a lease that expires in `secondsLeft` (whole, at least 1). */
	| { outcome: "busy"; secondsLeft: number }
	/** Other people come first. */
	| ({ outcome: "deferred" } & Deferral)
	/** The item was deleted, or never existed. */
	| { outcome: "gone" };

export interface ProcessedImage extends Fingerprint {
	width: number;
	height: number;
	sha256: string;
	takenAt: TakenAt | null;
	/** The file ends early or is damaged, and the rest of it was decoded. */
	damaged: boolean;
	camera: string | null;
	location: Location | null;
	colours: string[];
	/** As in `Item`. */
	placeholder: string;
}

/** Its id derives from item and version, so that a repeated attempt has the same one. */
export type NewAnalysis = Omit<Analysis, "itemId" | "userId" | "createdAt">;

export interface NewEmbedding {
	analysisId: string;
	/** The item's, when the text that was embedded was read. */
	textRevision: number;
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Is added to the analysis's usage. */
	usage: ModelUsage[];
}

/**
 * The state of the pipeline. Each commit writes result, next status and outgoing event in one transaction, fenced by
 * the lease: false means that the lease was lost (or the item deleted) and nothing was written.
 */
export interface Stages {
	/**
	 * Takes the lease where the stage starts from the item's status and no lease is held. After `maxAttempts` claims
	 * without a commit the item ends `failed` (`retries_exhausted`), and the outcome is `done`. A `pending` item waits for
	 * the first stage once a claim of it was deferred.
	 *
	 * With `fairness` it is deferred where another comes first whose work waits and can be received, and where the person
	 * is busy, holds the share, and another waits or was active (`pipeline/fairness.ts`).
	 */
	claim(userId: string, itemId: string, stage: StageName, leaseSeconds: number, fairness?: Fairness): Promise<Claim>;
	/**
	 * Takes the item's lease for a person's request, whatever the item's status once its image is processed. Before
	 * that the outcome is `done`: commitProcessed announces the pending request again. A request whose item failed
	 * before it had an image, or that was claimed `maxAttempts` times, ends `failed`, and the outcome is `done`.
	 */
	claimRequest(
		userId: string,
		itemId: string,
		requestId: string,
		leaseSeconds: number,
		fairness?: Fairness,
	): Promise<Claim>;
	/**
	 * If the user has these bytes in another item, this one ends `failed` as its duplicate, and the other is tried
	 * again if it had failed. An item that only announced this digest, and whose bytes never became an image, loses the
	 * digest instead. Of the requests that waited for the image, those for a resize are done, those for an analysis
	 * announced. An item that came with an analysis, from an archive, is `ready`, or waits for its vector alone.
	 */
	commitProcessed(lease: Lease, result: ProcessedImage, event: OutgoingEvent<"ImageProcessed">): Promise<boolean>;
	/**
	 * Makes the analysis current, with the usage of failed attempts, and its text searchable, with the person's own words
	 * instead of the model's; adds the tags that it suggests; removes the embeddings of older ones. Ends the lease's request,
	 * if any.
	 */
	commitAnalyzed(lease: Lease, analysis: NewAnalysis, event: OutgoingEvent<"AnalysisComplete">): Promise<boolean>;
	/** Ends the request of a comparison with its outcome; nothing of the item changes. */
	commitCompared(lease: Lease, comparison: ModelComparison): Promise<boolean>;
	/** Records that the images were derived again, and ends the request. The item's status stays. */
	commitResized(lease: Lease, result: Omit<ProcessedImage, "sha256">): Promise<boolean>;
	/**
	 * Ends the lease's request, if any; the item's status then changes only where it lacked this embedding. Also false
	 * where `embedding.analysisId` is no longer the item's current analysis, which is embedded by its own event; and where
	 * the person has changed the text since `embedding.textRevision`: then the request stays pending.
	 */
	commitEmbedded(lease: Lease, embedding: NewEmbedding, event: OutgoingEvent<"ItemReady">): Promise<boolean>;
	/** Ends the item `failed`, fenced like a commit. `usage` was billed to the attempt. */
	fail(lease: Lease, error: ItemError, usage?: ModelUsage[]): Promise<boolean>;
	/** Ends the lease's request `failed`, fenced like a commit; the item stays as it was. */
	failRequest(lease: Lease, error: RequestError, usage?: ModelUsage[]): Promise<boolean>;
	/**
	 * Releases the lease after a failure that a retry may resolve. The attempt counts, and its usage is stored for the
	 * analysis of a later one.
	 */
	release(lease: Lease, usage?: ModelUsage[]): Promise<void>;
	/**
	 * Releases the lease where a provider's outage stopped the work, whose message comes again (`pipeline/outage.ts`): the
	 * attempt does not count, and the sweeper restarts nothing meanwhile. Null where the lease was lost.
	 */
	putOff(lease: Lease, outage: Outage, usage?: ModelUsage[]): Promise<Deferral | null>;

	/**
	 * Claims for the sweeper, over all tenants, items that wait for a stage for `idleSeconds`, without a lease, which no
	 * sweep claimed in the last `againSeconds`. In turns: one item of each person before a second of any, each person's
	 * longest untouched first. So nobody's item waits behind another's thousands.
	 */
	claimStalled(options: SweepOptions): Promise<StalledItem[]>;
	/**
	 * Claims likewise items that wait for their owner's upload; and once more as soon as they have waited for
	 * `overdueSeconds`.
	 */
	claimPending(options: SweepOptions & { overdueSeconds: number }): Promise<StalledItem[]>;
	/**
	 * Returns for the dashboard, over all tenants, the seconds that the longest waiting item has had its status; 0 where
	 * none waits. An item `pending` waits for its owner's upload and does not count.
	 */
	oldestWaitSeconds(): Promise<number>;
	/** Ends a `pending` item `failed` with `upload_missing`; does nothing in any other status. */
	failMissingUpload(userId: string, itemId: string): Promise<void>;
	/** Claims likewise tombstones older than `olderThanSeconds`. */
	claimTombstones(options: {
		olderThanSeconds: number;
		againSeconds: number;
		limit: number;
	}): Promise<{ userId: string; itemId: string; deletedAt: Date }[]>;
	deleteTombstone(userId: string, itemId: string): Promise<void>;
	/** Forgets, over all tenants, when people who claimed nothing for so long were served. */
	forgetClaims(olderThanSeconds: number): Promise<void>;
}

export const maxAttempts = 8;

export interface SweepOptions {
	idleSeconds: number;
	againSeconds: number;
	limit: number;
}

export interface StalledItem {
	item: Item;
	stage: StageName;
	/** The current analysis, where the stage is `embed`. */
	analysisId: string | null;
	/** When the item got its status. */
	since: Date;
}
