import type { components } from "./api-types.ts";

/** An error of the API's own code (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** Reports an answer with a status other than 2xx; the message has the API's one sentence about it. */
export class ApiProblem extends Error {
	override name = "ApiProblem";
	readonly status: number;
	/** The problem's code, as `item_not_found`; null where the gateway answered. */
	readonly code: string | null;
	/** The fields that were refused, by path. */
	readonly fields: NonNullable<Problem["errors"]>;
	/** By which the API's operator finds the request in the log; null where the gateway answered. */
	readonly requestId: string | null;
	/** The path of what stands in the way, where the API names it. */
	readonly location: string | null;
	/** The API's `retry-after`. @default 1 */
	readonly retryAfterSeconds: number;
	/** The body as it came. */
	readonly body: unknown;

	constructor(request: string, { status, headers }: Response, body: unknown) {
		const problem = (typeof body === "object" ? body : null) as (Partial<Problem> & { message?: string }) | null;
		super(`${request} answered ${status}: ${problem?.detail ?? problem?.message ?? "without a reason"}`);
		this.status = status;
		this.code = problem?.code ?? null;
		this.fields = problem?.errors ?? [];
		this.requestId = problem?.instance?.replace(/^urn:request:/, "") ?? null;
		this.location = headers.get("location");
		this.retryAfterSeconds = Number(headers.get("retry-after")) || 1;
		this.body = body;
	}
}

/** Reads an answer's JSON. @throws ApiProblem on any status but 2xx */
export async function answerOf(request: string, response: Response): Promise<unknown> {
	const text = await response.text();
	const body = jsonOf(text);
	if (!response.ok) throw new ApiProblem(request, response, body);
	return body;
}

/** The body of a proxy between may be HTML. */
function jsonOf(text: string): unknown {
	try {
		return text ? JSON.parse(text) : undefined;
	} catch {
		return text;
	}
}
