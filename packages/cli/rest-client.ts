import { setTimeout as sleep } from "node:timers/promises";
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api-types.ts";

/** Reports an answer with a status other than 2xx; the message quotes the problem's `detail`. */
export class ApiProblem extends Error {
	readonly status: number;
	readonly body: unknown;
	/** The API's `retry-after`. @default 1 */
	readonly retryAfterSeconds: number;

	constructor(request: string, { status, headers }: Response, body: unknown) {
		const problem = body as { detail?: string; message?: string };
		super(`${request} answered ${status}: ${problem?.detail ?? problem?.message}`);
		this.status = status;
		this.body = body;
		this.retryAfterSeconds = Number(headers.get("retry-after")) || 1;
	}
}

export type ItemBody = components["schemas"]["Item"];
type SearchBody = components["schemas"]["SearchResponse"];
type SearchRequest = components["schemas"]["SearchRequest"];

/** A client of the REST API for one signed-in user. The OpenAPI document gives its types. */
export class RestClient {
	readonly apiUrl: string;
	readonly token: string;
	readonly #api: Client<paths>;
	readonly #fetch: (request: Request) => Promise<Response>;

	/**
	 * @param maxWaitSeconds bounds the waits of one request that exceeds the user's limits. 0: it fails at once
	 * @param signal ends every request of the client
	 */
	constructor(
		apiUrl: string,
		token: string,
		{ maxWaitSeconds = 60, signal }: { maxWaitSeconds?: number; signal?: AbortSignal } = {},
	) {
		this.apiUrl = apiUrl.replace(/\/$/, "");
		this.token = token;
		this.#fetch = (request) => fetchWithin(maxWaitSeconds, request, signal);
		this.#api = createClient({
			baseUrl: this.apiUrl,
			headers: { authorization: `Bearer ${token}` },
			fetch: this.#fetch,
		});
		this.#api.use({
			async onResponse({ request, response }) {
				if (response.ok) return;
				const { pathname } = new URL(request.url);
				throw new ApiProblem(`${request.method} ${pathname}`, response, jsonOf(await response.text()));
			},
		});
	}

	/**
	 * Sends a request that the document does not describe, such as an invalid one.
	 * @throws ApiProblem on any status but 2xx
	 */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const form = body instanceof FormData;
		const request = new Request(this.apiUrl + path, {
			method,
			headers: {
				authorization: `Bearer ${this.token}`,
				...(body && !form ? { "content-type": "application/json" } : {}),
			},
			body: form ? body : body ? JSON.stringify(body) : undefined,
		});
		const response = await this.#fetch(request);
		const json = jsonOf(await response.text());
		if (!response.ok) throw new ApiProblem(`${method} ${path}`, response, json);
		return json as T;
	}

	upload(filename: string, bytes: Uint8Array<ArrayBuffer>): Promise<ItemBody> {
		const form = new FormData();
		form.set("file", new Blob([bytes]), filename);
		return this.call("POST", "/items", form);
	}

	async item(id: string): Promise<ItemBody> {
		const { data } = await this.#api.GET("/items/{id}", {
			params: { path: { id } },
		});
		return data as ItemBody;
	}

	/** Searches. `options` are fields of the request, sent as they are, so that a test may send invalid ones. */
	async search(query: string, options: Record<string, unknown> = {}): Promise<SearchBody> {
		const { data } = await this.#api.POST("/search", {
			body: { query, ...options } as SearchRequest,
		});
		return data as SearchBody;
	}

	/**
	 * Waits until an item is ready or failed.
	 * @throws after `seconds`
	 */
	async settled(id: string, seconds = 60): Promise<ItemBody> {
		const end = Date.now() + seconds * 1000;
		for (;;) {
			const item = await this.item(id);
			if (item.status === "ready" || item.status === "failed") return item;
			if (Date.now() > end) {
				throw new Error(
					`Item ${id} is still ${item.status} after ${seconds} seconds: see make lambda-logs FUNC=image-processor, analyzer or embedder.`,
				);
			}
			await sleep(200);
		}
	}
}

/** Sends a request again while the API answers 429 and the waits that it asks for are not too long. */
async function fetchWithin(maxWaitSeconds: number, request: Request, signal?: AbortSignal): Promise<Response> {
	const end = Date.now() + maxWaitSeconds * 1_000;
	for (;;) {
		const response = await fetch(request.clone(), { signal });
		if (response.status !== 429) return response;
		const waitMs = (Number(response.headers.get("retry-after")) || 1) * 1_000;
		if (Date.now() + waitMs > end) return response;
		await response.body?.cancel();
		await sleep(waitMs, undefined, { signal });
	}
}

function jsonOf(text: string): unknown {
	return text ? JSON.parse(text) : undefined;
}
