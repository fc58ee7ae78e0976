import type {
	ImageDescription,
	ModelUsage,
	SearchText,
} from "../items/analysis.ts";
import type { Item, ItemError, Location } from "../items/item.ts";
import type { OutgoingEvent } from "../pipeline/events.ts";
import type { StageName } from "../pipeline/stages.ts";
import type { RequestError, WorkRequest } from "../pipeline/work-request.ts";

/** A stage's exclusive right to an item, on the database clock. A result commits only under it. */
export interface Lease {
	userId: string;
	itemId: string;
	stage: StageName;
	token: string;
	/** Whose work is done under it; null where it is the pipeline's own. */
	requestId: string | null;
}

export type Claim =
	| {
			outcome: "claimed";
			lease: Lease;
			item: Item;
			attempt: number;
			/** What is asked for; null where it is the pipeline's own work. */
			request: WorkRequest | null;
	  }
	/** The item is past this stage (a late or repeated event), or failed. */
	| { outcome: "done" }
	/** Another holder, alive or dead, has a lease that ends in `secondsLeft` (1 at least, whole). */
	| { outcome: "busy"; secondsLeft: number }
	/** Deleted, or never was. */
	| { outcome: "gone" };

export interface ProcessedImage {
	width: number;
	height: number;
	sha256: string;
	takenAt: Date | null;
	camera: string | null;
	location: Location | null;
	colours: string[];
	/** 16 hex digits; two pictures that look the same differ in few bits of it. */
	perceptualHash: string;
}

export interface NewAnalysis {
	/** Derived from item and version, so a repeated attempt gives the same one. */
	id: string;
	version: number;
	description: ImageDescription;
	providerUsed: string;
	modelUsed: string;
	traceId: string | null;
	usage: ModelUsage[];
}

export interface NewEmbedding {
	analysisId: string;
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Joins the analysis's own. */
	usage: ModelUsage[];
}

/**
 * The pipeline's memory. Each commit writes result, next status and outgoing event in one transaction,
 * fenced by the lease: false means that the lease was lost (or the item deleted) and nothing was written.
 */
export interface Stages {
	/**
	 * Takes the lease where the item's status is one the stage starts from and no lease is held.
	 * After `maxAttempts` claims without a commit the item ends `failed` (`retries_exhausted`), answer `done`.
	 */
	claim(
		userId: string,
		itemId: string,
		stage: StageName,
		leaseSeconds: number,
	): Promise<Claim>;
	/**
	 * Takes the item's lease for what a person asked, whatever the item's status once its image is processed.
	 * Before that the answer is `done`: commitProcessed announces the waiting request again. A request whose
	 * item failed before it had an image, or that was claimed `maxAttempts` times, ends `failed`, answer `done`.
	 */
	claimRequest(
		userId: string,
		itemId: string,
		requestId: string,
		leaseSeconds: number,
	): Promise<Claim>;
	/**
	 * Where the user has these bytes already, the item ends `failed` as the duplicate of the other, which is
	 * tried again where it had failed. An item that only announced this digest, and whose bytes never became
	 * an image, does not have them: it gives the digest up.
	 * Requests that waited for the image: those for a resize are done, those for an analysis announced.
	 */
	commitProcessed(
		lease: Lease,
		result: ProcessedImage,
		event: OutgoingEvent<"ImageProcessed">,
	): Promise<boolean>;
	/** Ends the lease's request, where it has one. The analysis becomes current and takes over what failed attempts were billed, its text searchable; the embeddings of older ones go. */
	commitAnalyzed(
		lease: Lease,
		analysis: NewAnalysis,
		text: SearchText,
		event: OutgoingEvent<"AnalysisComplete">,
	): Promise<boolean>;
	/** The derived objects were made anew: ends the request, and nothing else changes its status. */
	commitResized(
		lease: Lease,
		result: Omit<ProcessedImage, "sha256">,
	): Promise<boolean>;
	/**
	 * Ends the lease's request, where it has one; the item's status then changes only where this embedding was
	 * what it lacked. Also false where `embedding.analysisId` is no longer the item's current analysis, whose own
	 * embedding is on its way.
	 */
	commitEmbedded(
		lease: Lease,
		embedding: NewEmbedding,
		event: OutgoingEvent<"ItemReady">,
	): Promise<boolean>;
	/** Ends the item `failed`, fenced like a commit. `usage` is what the attempt was billed. */
	fail(lease: Lease, error: ItemError, usage?: ModelUsage[]): Promise<boolean>;
	/** Ends the lease's request `failed`, fenced like a commit; the item stays what it was. */
	failRequest(
		lease: Lease,
		error: RequestError,
		usage?: ModelUsage[],
	): Promise<boolean>;
	/**
	 * Gives the lease back after a failure that a retry may mend; the attempt stays counted, and what it was
	 * billed is kept for the analysis that comes of a later one.
	 */
	release(lease: Lease, usage?: ModelUsage[]): Promise<void>;

	/**
	 * For the sweeper, over all tenants: items that stand in a stage's starting status since `idleSeconds`
	 * with no lease held, not given out by this call in the last `againSeconds`. Oldest first.
	 */
	claimStalled(options: {
		idleSeconds: number;
		againSeconds: number;
		limit: number;
	}): Promise<StalledItem[]>;
	/**
	 * For the dashboard, over all tenants: seconds since the item that waits longest came to its status, 0 where
	 * none waits. An item `pending` waits for its owner's upload and does not count.
	 */
	oldestWaitSeconds(): Promise<number>;
	/** Ends a `pending` item `failed` with `upload_missing`; a no-op where it moved on. */
	failMissingUpload(userId: string, itemId: string): Promise<void>;
	/** Tombstones older than `olderThanSeconds`. Oldest first. */
	tombstones(options: {
		olderThanSeconds: number;
		limit: number;
	}): Promise<{ userId: string; itemId: string; deletedAt: Date }[]>;
	deleteTombstone(userId: string, itemId: string): Promise<void>;
}

export const maxAttempts = 8;

export interface StalledItem {
	item: Item;
	stage: StageName;
	/** Of the current analysis, where the stage is `embed`. */
	analysisId: string | null;
	/** When the item came to its status. */
	since: Date;
}
