import type { ModelUsage } from "./items/analysis.ts";
import type { ItemError } from "./items/item.ts";
import type { ExceededQuota } from "./limits/quotas.ts";
import type { Outage } from "./pipeline/outage.ts";
import type { Deferral } from "./ports/stages.ts";

/** Errors that a caller can act on; each code has its HTTP status in `#lambda-kit/problem.ts`. */
export type ErrorCode =
	| "unauthorized"
	| "invalid_request"
	| "invalid_fields"
	| "unsupported_image"
	| "file_too_large"
	| "request_too_large"
	| "address_too_long"
	| "headers_too_large"
	| "rate_limited"
	| "quota_exceeded"
	| "quota_unavailable"
	| "too_many_pending"
	| "idempotency_key_reused"
	| "idempotency_key_busy"
	| "idempotency_unavailable"
	| "answer_not_kept"
	| "unsupported_media_type"
	| "route_not_found"
	| "method_not_allowed"
	| "origin_refused"
	| "item_not_found"
	| "analysis_not_found"
	| "image_not_found"
	| "request_not_found"
	| "session_not_found"
	| "tag_not_found"
	| "too_many_tags"
	| "album_not_found"
	| "album_is_smart"
	| "album_has_items"
	| "album_in_itself"
	| "album_nested_too_deep"
	| "album_full"
	| "too_many_albums"
	| "job_not_found"
	| "job_ended"
	| "too_many_jobs"
	| "export_running"
	| "export_expired"
	| "too_many_items"
	| "session_busy"
	| "turn_canceled"
	| "item_changed"
	| "person_not_found"
	| "share_not_found"
	| "too_many_shares"
	| "verification_not_found"
	| "webhook_not_found"
	| "too_many_webhooks"
	| "password_required"
	| "password_wrong"
	| "too_many_guesses"
	| "guesses_unavailable"
	| "account_deleted"
	| "signature_refused"
	| "item_failed"
	| "item_not_comparable"
	| "request_failed"
	| "database_unavailable"
	| "embedding_unavailable"
	| "vision_unavailable"
	| "chat_unavailable"
	/** Of the environment's own provider, which whoever runs it must set. */
	| "provider_not_configured"
	| "model_gone"
	/** Of what a request names. */
	| "provider_not_available"
	| "model_not_found"
	| "timed_out";

/** One wrong field of a request, by its path (`body.top_k`). */
export interface FieldProblem {
	field: string;
	detail: string;
}

/** An error whose message is one clear sentence for the caller. */
export class AppError extends Error {
	override name = "AppError";
	readonly code: ErrorCode;
	readonly fields: FieldProblem[];
	/** Until then it makes no sense to try again. */
	readonly retryAfterSeconds: number | null;
	/** The path of what stands in the way. */
	readonly location: string | null;
	/** The quota of which nothing is left. */
	readonly quota: ExceededQuota | null;

	constructor(
		code: ErrorCode,
		detail: string,
		options: {
			cause?: unknown;
			fields?: FieldProblem[];
			retryAfterSeconds?: number | null;
			location?: string | null;
			quota?: ExceededQuota | null;
		} = {},
	) {
		super(detail, { cause: options.cause });
		this.code = code;
		this.fields = options.fields ?? [];
		this.retryAfterSeconds = options.retryAfterSeconds ?? null;
		this.location = options.location ?? null;
		this.quota = options.quota ?? null;
	}
}

/** A token outlives its account for up to an hour. */
export const accountDeleted = () =>
	new AppError("account_deleted", "The account of this token was deleted: nothing of it is left to ask for.");

/** A share that never was, one that was ended and one that has expired are answered alike. */
export const shareNotFound = () =>
	new AppError("share_not_found", "This address shows nothing: it has expired, or it was taken back.");

/** Another tenant's item is answered exactly like one that does not exist. */
export const itemNotFound = (itemId: string) => new AppError("item_not_found", `There is no item ${itemId}.`);

export const analysisNotFound = (analysisId: string) =>
	new AppError("analysis_not_found", `There is no analysis ${analysisId}.`);

export const requestNotFound = (requestId: string) =>
	new AppError("request_not_found", `There is no request ${requestId}.`);

/** Another person's session, an expired one and one that never was are answered alike. */
export const sessionNotFound = (sessionId: string) =>
	new AppError(
		"session_not_found",
		`There is no session ${sessionId}; a session ends four hours after its last message.`,
	);

export const albumNotFound = (albumId: string) => new AppError("album_not_found", `There is no album ${albumId}.`);

export const albumIsSmart = (albumId: string) =>
	new AppError(
		"album_is_smart",
		`The album ${albumId} is a smart album: a search finds its items. Change its search, or add the items to another album.`,
	);

export const albumHasItems = (albumId: string) =>
	new AppError(
		"album_has_items",
		`The album ${albumId} has items of its own: remove them, or make another album for the search.`,
	);

export const albumFull = (albumId: string, max: number) =>
	new AppError(
		"album_full",
		`The album ${albumId} would have more than ${max} items, which is the maximum: remove some, or use another album.`,
	);

export const tooManyAlbums = (max: number) =>
	new AppError("too_many_albums", `You have ${max} albums, which is the maximum: delete one, then make another.`);

export const tooManyJobs = (max: number) =>
	new AppError(
		"too_many_jobs",
		`You have ${max} jobs that have not ended, which is the maximum: wait for one, or cancel one (DELETE /jobs/{id}).`,
	);

export const exportRunning = (jobId: string) =>
	new AppError(
		"export_running",
		`An export of yours is running, the job ${jobId}: follow that one (GET /jobs/${jobId}), or cancel it to start another.`,
		{ location: `/jobs/${jobId}` },
	);

export const tooManyTags = (itemId: string, max: number) =>
	new AppError(
		"too_many_tags",
		`The item ${itemId} would have more than ${max} tags, which is the maximum: remove some.`,
	);

export const jobNotFound = (jobId: string) => new AppError("job_not_found", `There is no job ${jobId}.`);

export const tooManyPending = (max: number) =>
	new AppError(
		"too_many_pending",
		`You have ${max} announced uploads whose images have not arrived, which is the maximum: send their images, or delete them (GET /items?status=pending), then announce more.`,
	);

export const personNotFound = (userId: string) => new AppError("person_not_found", `There is no person ${userId}.`);

export const verificationNotFound = (verificationId: string) =>
	new AppError("verification_not_found", `There is no verification ${verificationId}.`);

/** The cursor of a list was altered, or belongs to another list. */
export const unknownCursor = () =>
	new AppError(
		"invalid_request",
		"The cursor is not one that this list gave: leave it out to start from the beginning.",
	);

/** The cursor is of the same list in another order. */
export const cursorOfAnotherSort = (cursor: { sort: string; order: string }, asked: { sort: string; order: string }) =>
	new AppError(
		"invalid_request",
		`The cursor is of a list with sort=${cursor.sort} and order=${cursor.order}, and this request asks for sort=${asked.sort} and order=${asked.order}: repeat those, or leave the cursor out to start anew.`,
	);

/** Another holder has the item's lease: the event must be redelivered, in case that holder died. */
export class StageBusy extends Error {
	override name = "StageBusy";
	/** The lease ends then. */
	readonly retryAfterSeconds: number;

	constructor(retryAfterSeconds: number) {
		super(`The item is leased for ${retryAfterSeconds} s more.`);
		this.retryAfterSeconds = retryAfterSeconds;
	}
}

/** Events that were not published, each with its error; all others of the call were. */
export class EventsNotPublished extends AggregateError {
	override name = "EventsNotPublished";
	readonly ids: ReadonlySet<string>;

	constructor(failures: ReadonlyMap<string, unknown>, total: number) {
		super([...failures.values()], `${failures.size} of ${total} events were not published.`);
		this.ids = new Set(failures.keys());
	}
}

/** Other people come first, or no model is asked at present: the work waits. */
export class WorkDeferred extends Error {
	override name = "WorkDeferred";
	readonly deferral: Deferral;

	constructor(deferral: Deferral) {
		const cause = deferral.reason === "outage" ? "The provider fails" : "Other people come first";
		super(`${cause}: the work waits for ${deferral.seconds} s more.`);
		this.deferral = deferral;
	}
}

/** A failure that no retry resolves: it is recorded on the item, and the event is acknowledged. */
export class PermanentFailure extends Error {
	override name = "PermanentFailure";
	readonly error: ItemError;
	/** The model calls billed before the failure. */
	readonly usage: ModelUsage[];

	constructor(error: ItemError, cause?: unknown, usage: ModelUsage[] = []) {
		super(error.detail, { cause });
		this.error = error;
		this.usage = usage;
	}
}

/**
 * A model gave no answer, and the image or text is not at fault: a retry resolves it, or whoever runs the
 * environment.
 */
export class ModelFailure extends AppError {
	override name = "ModelFailure";
	/** The model calls billed before the failure. */
	readonly usage: ModelUsage[];
	/** The provider found the request wrong: another provider would, too. */
	readonly isRequestWrong: boolean;
	/** The model failed so often that calls pass it by. */
	readonly outage: Outage | null;

	constructor(
		code: ErrorCode,
		detail: string,
		options: {
			cause?: unknown;
			retryAfterSeconds?: number | null;
			usage?: ModelUsage[];
			isRequestWrong?: boolean;
			outage?: Outage | null;
		} = {},
	) {
		super(code, detail, options);
		this.usage = options.usage ?? [];
		this.isRequestWrong = options.isRequestWrong ?? false;
		this.outage = options.outage ?? null;
	}
}

/** Returns the model calls billed before an error. */
export function usageOf(error: unknown): ModelUsage[] {
	return error instanceof PermanentFailure || error instanceof ModelFailure ? error.usage : [];
}

/** Returns a failure of a model with these billed calls in place of its own. Other errors stay as they are. */
export function withUsage(error: unknown, usage: ModelUsage[]): unknown {
	if (error instanceof PermanentFailure) return new PermanentFailure(error.error, error.cause, usage);
	if (!(error instanceof ModelFailure)) return error;
	const { code, message, cause, retryAfterSeconds, isRequestWrong, outage } = error;
	return new ModelFailure(code, message, { cause, retryAfterSeconds, usage, isRequestWrong, outage });
}
