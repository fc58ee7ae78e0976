import createClient from "openapi-fetch";
import type { components, paths } from "#client/src/api-types.ts";
import { session } from "#web/features/account/browser-session.ts";
import { config } from "./config.ts";

export type Schemas = components["schemas"];
export type Item = Schemas["Item"];
export type Problem = Schemas["Problem"];

/** The API refused a request. The message is its sentence, written for people. */
export class ApiError extends Error {
	readonly status: number;
	readonly code: string;
	/** Milliseconds after which the API allows another attempt. */
	readonly retryAfterMs: number | null;
	/** Path of what the refusal is about, such as the job that runs already. */
	readonly location: string | null;

	constructor(response: Response, body: Partial<Problem> & { message?: string; retry_after?: number }) {
		super(body.detail ?? body.message ?? `${response.status} ${response.statusText}`);
		this.status = response.status;
		this.code = body.code ?? "";
		this.location = response.headers.get("location");
		const seconds = Number(body.retry_after ?? response.headers.get("retry-after"));
		this.retryAfterMs = seconds > 0 ? seconds * 1_000 : null;
	}
}

/** The session ended while a request was under way; the page goes to the sign-in. */
export class SignedOut extends Error {}

/** Sends a request with the person's token, and once more with a new one where the API refuses it. */
async function authorized(request: Request): Promise<Response> {
	const token = await session.token();
	if (!token) throw new SignedOut();
	// A body can be read once.
	const again = request.clone();
	request.headers.set("authorization", `Bearer ${token}`);
	const response = await fetch(request);
	if (response.status !== 401) return response;
	const renewed = await session.token(token);
	if (!renewed) throw new SignedOut();
	again.headers.set("authorization", `Bearer ${renewed}`);
	return fetch(again);
}

let client: ReturnType<typeof createClient<paths>> | undefined;

/** The REST client of the signed-in person; its types come from the OpenAPI document. */
export function api() {
	if (client) return client;
	client = createClient<paths>({
		baseUrl: config().apiUrl,
		fetch: authorized,
		// Ids are one parameter, separated by commas.
		querySerializer: { array: { style: "form", explode: false } },
	});
	client.use({
		async onResponse({ response }) {
			if (response.ok) return;
			const body = await response
				.clone()
				.json()
				.catch(() => ({}));
			throw new ApiError(response, body);
		},
	});
	return client;
}

/** The body of a successful answer: what the client could not deliver was thrown. */
export async function bodyOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
	return (await answer).data as T;
}
