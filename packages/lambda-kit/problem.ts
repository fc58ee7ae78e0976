import type { ErrorCode, FieldProblem } from "#core/errors.ts";
import type { ExceededQuota } from "#core/limits/quotas.ts";

/** `internal_error` hides its cause from the caller; the log has it. */
export type ProblemCode = ErrorCode | "internal_error";

/** An error in the form of RFC 9457. `detail` is one clear sentence, which older clients read. */
export interface Problem {
	type: string;
	title: string;
	status: number;
	detail: string;
	code: ProblemCode;
	/** The request's id, which the log lines carry as `request_id`. */
	instance: string;
	errors?: FieldProblem[];
	/** The quota of which nothing is left. */
	quota?: Omit<ExceededQuota, "resetsAt"> & { resets_at: string };
}

interface Kind {
	status: number;
	title: string;
	/** The `Retry-After` of an error that passes, in seconds, where the error itself knows none. */
	retryAfter?: number;
}

const kinds: Record<ProblemCode, Kind> = {
	invalid_request: { status: 400, title: "The request cannot be read" },
	unsupported_image: { status: 400, title: "Not an accepted image" },
	signature_refused: { status: 400, title: "Not signed as it must be" },
	unauthorized: { status: 401, title: "No valid token" },
	item_not_found: { status: 404, title: "No such item" },
	analysis_not_found: { status: 404, title: "No such analysis" },
	image_not_found: { status: 404, title: "No such image" },
	request_not_found: { status: 404, title: "No such request" },
	tag_not_found: { status: 404, title: "No such tag" },
	album_not_found: { status: 404, title: "No such album" },
	job_not_found: { status: 404, title: "No such job" },
	album_is_smart: { status: 409, title: "A search finds its items" },
	too_many_tags: { status: 409, title: "Too many tags" },
	album_has_items: { status: 409, title: "The album has items" },
	album_full: { status: 409, title: "The album is full" },
	too_many_albums: { status: 409, title: "Too many albums" },
	export_running: { status: 409, title: "An export is running" },
	export_expired: { status: 410, title: "The archive has expired" },
	job_ended: { status: 409, title: "The job has ended" },
	album_in_itself: { status: 422, title: "The album is in itself" },
	album_nested_too_deep: { status: 422, title: "Too many albums in each other" },
	too_many_items: { status: 422, title: "Too many items" },
	too_many_jobs: { status: 429, title: "Too many jobs", retryAfter: 60 },
	session_not_found: { status: 404, title: "No such session" },
	// A turn takes a few seconds, and the call has waited for some of them.
	session_busy: { status: 409, title: "The session is busy", retryAfter: 2 },
	turn_canceled: { status: 409, title: "The turn was canceled" },
	person_not_found: { status: 404, title: "No such person" },
	share_not_found: { status: 404, title: "Nothing is shared here" },
	too_many_shares: { status: 409, title: "Too many shares" },
	verification_not_found: { status: 404, title: "No such verification" },
	webhook_not_found: { status: 404, title: "No such webhook" },
	too_many_webhooks: { status: 409, title: "Too many webhooks" },
	password_required: { status: 403, title: "A password is needed" },
	password_wrong: { status: 403, title: "Wrong password" },
	too_many_guesses: { status: 429, title: "Too many passwords were tried" },
	guesses_unavailable: { status: 503, title: "Passwords cannot be checked", retryAfter: 60 },
	account_deleted: { status: 401, title: "The account was deleted" },
	route_not_found: { status: 404, title: "No such route" },
	method_not_allowed: { status: 405, title: "Another method is needed" },
	origin_refused: { status: 403, title: "Another page may not call this" },
	item_failed: { status: 409, title: "The image could not be processed" },
	item_not_comparable: { status: 409, title: "Nothing to compare" },
	idempotency_key_busy: { status: 409, title: "The first request is running", retryAfter: 2 },
	answer_not_kept: { status: 409, title: "The answer is not kept" },
	request_failed: { status: 409, title: "The work failed" },
	item_changed: { status: 412, title: "The item has changed" },
	file_too_large: { status: 413, title: "The file is too large" },
	request_too_large: { status: 413, title: "The request is too large" },
	address_too_long: { status: 414, title: "The address is too long" },
	unsupported_media_type: { status: 415, title: "Wrong content type" },
	invalid_fields: { status: 422, title: "Fields are wrong" },
	idempotency_key_reused: { status: 422, title: "The key belongs to another request" },
	rate_limited: { status: 429, title: "Too many requests" },
	quota_exceeded: { status: 429, title: "Nothing is left of the quota" },
	too_many_pending: { status: 429, title: "Too many uploads are pending", retryAfter: 10 },
	headers_too_large: { status: 431, title: "The headers are too large" },
	internal_error: { status: 500, title: "An error on our side" },
	database_unavailable: { status: 503, title: "The database is away", retryAfter: 10 },
	embedding_unavailable: { status: 503, title: "The embedding model is away", retryAfter: 10 },
	vision_unavailable: { status: 503, title: "The vision model is away", retryAfter: 10 },
	chat_unavailable: { status: 503, title: "The chat model is away", retryAfter: 10 },
	idempotency_unavailable: { status: 503, title: "Keys cannot be looked up", retryAfter: 10 },
	quota_unavailable: { status: 503, title: "The quota cannot be looked up", retryAfter: 10 },
	provider_not_configured: { status: 501, title: "The provider is off" },
	provider_not_available: { status: 422, title: "The provider is not available" },
	model_not_found: { status: 422, title: "No such model" },
	model_gone: { status: 502, title: "The model does not exist" },
	timed_out: { status: 504, title: "It took too long" },
};

/** Returns an error as the body of an answer. */
export function problemOf(
	code: ProblemCode,
	detail: string,
	{ requestId, errors, quota }: { requestId: string; errors?: FieldProblem[]; quota?: ExceededQuota },
): Problem {
	const { status, title } = kinds[code];
	return {
		type: `urn:collections:problem:${code}`,
		title,
		status,
		detail,
		code,
		instance: `urn:request:${requestId}`,
		...(errors?.length ? { errors } : {}),
		...(quota && { quota: presentQuota(quota) }),
	};
}

const presentQuota = ({ resetsAt, ...quota }: ExceededQuota) => ({ ...quota, resets_at: resetsAt.toISOString() });

/** Answers an error as `application/problem+json`. */
export function problemResponse(
	code: ProblemCode,
	detail: string,
	{
		retryAfterSeconds,
		location,
		...about
	}: {
		requestId: string;
		errors?: FieldProblem[];
		quota?: ExceededQuota;
		retryAfterSeconds?: number;
		location?: string;
	},
): Response {
	const { status, retryAfter } = kinds[code];
	const seconds = retryAfterSeconds ?? retryAfter;
	return new Response(JSON.stringify(problemOf(code, detail, about)), {
		status,
		headers: {
			"content-type": "application/problem+json",
			"cache-control": "no-store",
			...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
			...(seconds ? { "retry-after": `${seconds}` } : {}),
			...(location ? { location } : {}),
		},
	});
}
