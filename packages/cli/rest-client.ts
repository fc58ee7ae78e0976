import { setTimeout as sleep } from "node:timers/promises";

/** An answer of the API that is no success; the message is its problem's sentence. */
export class ApiProblem extends Error {
	readonly status: number;
	readonly body: unknown;
	/** How long to wait before asking again, where the API says so. @default 1 */
	readonly retryAfterSeconds: number;

	constructor(request: string, { status, headers }: Response, body: unknown) {
		const said = body as { detail?: string; message?: string };
		super(`${request} answered ${status}: ${said?.detail ?? said?.message}`);
		this.status = status;
		this.body = body;
		this.retryAfterSeconds = Number(headers.get("retry-after")) || 1;
	}
}

export interface ItemBody {
	id: string;
	filename: string;
	original_filename: string;
	status: string;
	error: {
		code: string;
		detail: string;
		duplicate_of: string | null;
	} | null;
	width: number | null;
	height: number | null;
	taken_at: string | null;
	camera: string | null;
	location: { latitude: number; longitude: number } | null;
	latest_analysis: null | { id: string; version: number; summary: string };
	thumbnail_url: string | null;
}

export interface SearchBody {
	results: { item_id: string; rank: number; score: number; headline: string }[];
	total_results: number;
	notices: string[];
	answer: string | null;
	answer_reason: string | null;
	answer_confidence: number | null;
	answer_model_used: string | null;
	citations: { item_id: string; sentence: string; snippet: string }[];
	tools_used: string[];
}

/** The REST API as one signed-in user. */
export class RestClient {
	readonly apiUrl: string;
	readonly token: string;

	constructor(apiUrl: string, token: string) {
		this.apiUrl = apiUrl.replace(/\/$/, "");
		this.token = token;
	}

	/** @throws ApiProblem on any status but 2xx */
	async call<T>(method: string, path: string, body?: unknown): Promise<T> {
		const form = body instanceof FormData;
		const response = await fetch(this.apiUrl + path, {
			method,
			headers: {
				authorization: `Bearer ${this.token}`,
				...(body && !form ? { "content-type": "application/json" } : {}),
			},
			body: form ? body : body ? JSON.stringify(body) : undefined,
		});
		const text = await response.text();
		const json = text ? JSON.parse(text) : undefined;
		if (!response.ok) throw new ApiProblem(`${method} ${path}`, response, json);
		return json as T;
	}

	upload(filename: string, bytes: Uint8Array<ArrayBuffer>): Promise<ItemBody> {
		const form = new FormData();
		form.set("file", new Blob([bytes]), filename);
		return this.call("POST", "/items", form);
	}

	item(id: string): Promise<ItemBody> {
		return this.call("GET", `/items/${id}`);
	}

	search(
		query: string,
		options: Record<string, unknown> = {},
	): Promise<SearchBody> {
		return this.call("POST", "/search", { query, ...options });
	}

	/**
	 * Waits until the pipeline is done with an item.
	 * @throws where that takes longer than `seconds`
	 */
	async settled(id: string, seconds = 60): Promise<ItemBody> {
		const end = Date.now() + seconds * 1000;
		for (;;) {
			const item = await this.item(id);
			if (item.status === "ready" || item.status === "failed") return item;
			if (Date.now() > end) {
				throw new Error(
					`Item ${id} is still ${item.status} after ${seconds} seconds: make lambda-logs tells of its stage (FUNC=image-processor, analyzer or embedder).`,
				);
			}
			await sleep(200);
		}
	}
}
