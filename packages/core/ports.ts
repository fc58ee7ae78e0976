import type {
	Analysis,
	ImageDescription,
	ModelUsage,
	SearchText,
} from "./analysis.ts";
import type { EventSource, OutgoingEvent } from "./events.ts";
import type {
	ImageType,
	Item,
	ItemError,
	ItemStatus,
	Location,
} from "./item.ts";
import type { RequestError, WorkRequest } from "./work-request.ts";

/** Everything a use case may ask of the world; each takes the few it needs by `Pick<Ports, ...>`. */
export interface Ports {
	items: Items;
	stages: Stages;
	requests: Requests;
	outbox: Outbox;
	analyses: Analyses;
	search: Search;
	vectorIndex: VectorIndex;
	objects: Objects;
	events: Events;
	images: Images;
	vision: Vision;
	embedder: Embedder;
	clock: Clock;
	health: Health;
}

export interface Health {
	/** Resolves when the database answers. @throws AppError `database_unavailable` */
	check(): Promise<void>;
}

export interface Clock {
	now(): Date;
}

export type NewItem = Pick<
	Item,
	| "id"
	| "userId"
	| "originalFilename"
	| "mimeType"
	| "fileSize"
	| "sha256"
	| "correlationId"
>;

export interface ItemFilter {
	category?: string;
	/** Without it every status but `pending` is listed. */
	status?: ItemStatus;
	/** 1 to 100. */
	limit: number;
	offset: number;
	/** As given by `nextCursor`; replaces `offset`. */
	cursor?: string;
}

export interface ItemWithAnalysis {
	item: Item;
	latestAnalysis: Analysis | null;
}

/** A person's items. Every call is bound to the user. */
export interface Items {
	/**
	 * Writes the row (`pending`) before the bytes are stored. Where the user already has an item
	 * with these bytes, gives that one and creates nothing.
	 */
	create(item: NewItem): Promise<{ item: Item; created: boolean }>;
	find(userId: string, itemId: string): Promise<ItemWithAnalysis | null>;
	/** Newest first. */
	list(
		userId: string,
		filter: ItemFilter,
	): Promise<{
		items: ItemWithAnalysis[];
		total: number;
		nextCursor: string | null;
	}>;
	/**
	 * Expects the bytes of a `pending` or `failed` item anew, as they are announced now: it is `pending` with
	 * fresh attempts. Null where a stage is at work on it, or it went on, or is not there.
	 */
	reopen(
		userId: string,
		itemId: string,
		announced: Pick<NewItem, "mimeType" | "fileSize">,
	): Promise<Item | null>;
	/** The bytes are stored: `pending` becomes `uploaded`. What a stage did meanwhile stays, its failure too. */
	markUploaded(userId: string, itemId: string): Promise<Item | null>;
	/** A `failed` item whose bytes are stored gets fresh attempts: it becomes `uploaded`. */
	restart(userId: string, itemId: string): Promise<Item | null>;
	/**
	 * Deletes the item, its analyses, search text, embeddings and unsent events, and leaves a tombstone
	 * until its objects are surely gone. False where there is no such item.
	 */
	delete(userId: string, itemId: string): Promise<boolean>;
}

/** The steps of the pipeline. A stage turns an item of one status into the next. */
export const stages = {
	process: { from: ["pending", "uploaded"], to: "processed" },
	analyze: { from: ["processed"], to: "analyzed" },
	embed: { from: ["analyzed"], to: "ready" },
} as const satisfies Record<string, { from: ItemStatus[]; to: ItemStatus }>;
export type StageName = keyof typeof stages;

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
	/** Also false where `embedding.analysisId` is no longer the item's current analysis. */
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
	takeStalled(options: {
		idleSeconds: number;
		againSeconds: number;
		limit: number;
	}): Promise<StalledItem[]>;
	/** Ends a `pending` item `failed` with `upload_missing`; a no-op where it moved on. */
	failMissingUpload(userId: string, itemId: string): Promise<void>;
	/** Tombstones older than `olderThanSeconds`. Oldest first. */
	tombstones(options: {
		olderThanSeconds: number;
		limit: number;
	}): Promise<{ userId: string; itemId: string; deletedAt: Date }[]>;
	forgetTombstone(userId: string, itemId: string): Promise<void>;
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

export type NewRequest = Pick<
	WorkRequest,
	"id" | "itemId" | "userId" | "kind" | "provider" | "model"
>;

/** What people asked to be done again. Only `Stages` ends a request. */
export interface Requests {
	/**
	 * Writes the request with the event that announces it. While the same is asked and not finished,
	 * gives that one and writes nothing. Null where there is no such item.
	 */
	create(request: NewRequest): Promise<WorkRequest | null>;
	find(
		userId: string,
		itemId: string,
		requestId: string,
	): Promise<WorkRequest | null>;
	/**
	 * For the sweeper, over all tenants: pending requests made or claimed `idleSeconds` ago or earlier, whose
	 * item nobody holds, not given out by this call in the last `againSeconds`. Oldest first.
	 */
	takeIdle(options: {
		idleSeconds: number;
		againSeconds: number;
		limit: number;
	}): Promise<{ request: WorkRequest; correlationId: string }[]>;
}

/** Events committed with their results and not yet known to be sent. */
export interface Outbox {
	/** Of one item at once after its commit; or, for the sweeper, of all items when older than `olderThanSeconds`. */
	unsent(
		of:
			| { userId: string; itemId: string }
			| { olderThanSeconds: number; limit: number },
	): Promise<OutgoingEvent[]>;
	markSent(ids: string[]): Promise<void>;
}

export interface Analyses {
	find(userId: string, analysisId: string): Promise<Analysis | null>;
	/** All versions, newest first; null where there is no such item. */
	listOfItem(userId: string, itemId: string): Promise<Analysis[] | null>;
	/** The newest version, 0 where there is none. */
	latestVersion(userId: string, itemId: string): Promise<number>;
}

export interface SearchOptions {
	/** 1 to 50. */
	topK: number;
	category?: string;
}

export interface TextQuery {
	text: string;
	minScore?: number;
}

export interface VectorQuery {
	model: string;
	/** 1024 numbers of unit length. */
	vector: Float32Array;
	/** Cosine similarity, -1 to 1. */
	minSimilarity?: number;
}

export interface Hit {
	itemId: string;
	mimeType: ImageType;
	score: number;
	category: string;
	headline: string;
	summary: string;
	analysisId: string;
	/** Ranks, from 1, in each leg of a hybrid search; null where the leg did not find it. */
	textRank?: number | null;
	vectorRank?: number | null;
}

/** Finds items of one user, best first. */
export interface Search {
	byText(
		userId: string,
		query: TextQuery,
		options: SearchOptions,
	): Promise<Hit[]>;
	byVector(
		userId: string,
		query: VectorQuery,
		options: SearchOptions,
	): Promise<Hit[]>;
	/** Reciprocal rank fusion of both in one statement. */
	hybrid(
		userId: string,
		query: { text: TextQuery; vector: VectorQuery; weights: FusionWeights },
		options: SearchOptions,
	): Promise<Hit[]>;
}

export interface FusionWeights {
	vector: number;
	text: number;
}

export interface VectorIndex {
	status(userId: string, model: string): Promise<VectorIndexStatus>;
}

export interface VectorIndexStatus {
	/** Items with a current analysis. */
	items: number;
	/** ... and an embedding of it by `model`. */
	embedded: number;
	/** ... without any embedding. */
	missing: number;
	/** ... with one of another model only. */
	stale: number;
}

/** The bucket. Keys are built in `item.ts` and begin with the user. */
export interface Objects {
	readonly bucket: string;
	put(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
	/** Null where there is no such object, or no such version of it. @default the newest version */
	get(key: string, version?: string): Promise<Uint8Array | null>;
	exists(key: string): Promise<boolean>;
	/** Removes one version, so that the one before it is the newest. */
	deleteVersion(key: string, version: string): Promise<void>;
	/** Removes every object and every version under the prefix. */
	deleteAll(prefix: string): Promise<void>;
	/** A URL that reads the object for `seconds`. */
	presignGet(key: string, seconds: number): Promise<string>;
	/** A form that stores under the key a file of exactly this type and size, for `seconds`. */
	presignPost(
		key: string,
		file: { contentType: string; size: number },
		seconds: number,
	): Promise<UploadForm>;
}

/** Where to post a file, as multipart/form-data: every field first, then the file as `file`. */
export interface UploadForm {
	url: string;
	fields: Record<string, string>;
	expiresAt: Date;
}

export interface Events {
	/** @throws where any entry was refused; sending an event twice is harmless. */
	publish(source: EventSource, events: OutgoingEvent[]): Promise<void>;
}

/** Decodes an original and makes what is derived from it. */
export interface Images {
	/** @throws PermanentFailure where the bytes are no image this system accepts. */
	derive(
		bytes: Uint8Array,
	): Promise<ProcessedImage & { thumbnail: Uint8Array; vision: Uint8Array }>;
}

export interface VisionRequest {
	/** The derived JPEG, longest side 1568 px at most. */
	image: Uint8Array;
	originalFilename: string;
	width: number;
	height: number;
	takenAt: Date | null;
	camera: string | null;
	colours: string[];
	/** Whom to ask. @default the environment's provider, and that provider's model */
	provider?: string | undefined;
	model?: string | undefined;
	/** The answer, or the failure, comes before: waiting and retrying end here. */
	deadline: Date;
}

export interface VisionAnswer {
	description: ImageDescription;
	provider: string;
	model: string;
	/** The provider's id of the call. */
	traceId: string | null;
	/** One entry for each call that was answered. */
	usage: ModelUsage[];
}

/** The models that describe images. */
export interface Vision {
	/**
	 * @throws PermanentFailure `vision_refused`, `vision_answer_invalid`;
	 * ModelFailure `provider_not_configured`, `model_not_found`, `vision_unavailable`
	 */
	describe(request: VisionRequest): Promise<VisionAnswer>;
}

/** The length of every embedding vector. */
export const embeddingDimensions = 1024;

/** A model that places text in the search space. */
export interface Embedder {
	readonly model: string;
	/** How much each leg of a hybrid search counts with this model's vectors. */
	readonly fusionWeights: FusionWeights;
	/**
	 * One unit vector of 1024 numbers a text, before the deadline.
	 * @throws ModelFailure `embedding_unavailable`, `provider_not_configured`, `model_not_found`
	 */
	embed(
		texts: string[],
		inputType: "document" | "query",
		options: { deadline: Date },
	): Promise<Embedded>;
}

export interface Embedded {
	vectors: Float32Array[];
	/** One entry for each call that was answered. */
	usage: ModelUsage[];
}
