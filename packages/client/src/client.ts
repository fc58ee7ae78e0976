import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api-types.ts";
import { answerOf } from "./problem.ts";
import { pause, type SendOptions, sender } from "./send.ts";
import { fixedToken, type Session } from "./session.ts";
import { type ChatEvent, eventsIn, type SearchEvent } from "./streams.ts";
import { type PictureFile, sendDirectly, type Uploaded, type UploadListener, uploadAll } from "./uploads.ts";

export type Item = components["schemas"]["Item"];
/** An item as a grid shows it. */
export type CompactItem = components["schemas"]["CompactItem"];
export type SearchAnswer = components["schemas"]["SearchResponse"];
export type SearchRequest = components["schemas"]["SearchRequest"];
export type ChatRequest = components["schemas"]["ChatRequest"];
/** Narrows a list of items. */
export type ItemFilter = Omit<
	NonNullable<paths["/items"]["get"]["parameters"]["query"]>,
	"ids" | "fields" | "limit" | "offset" | "cursor"
>;

export interface ClientOptions extends SendOptions {
	/** The address of the API, as the output `ApiUrl` has it. */
	apiUrl: string;
	/** The address of streamed answers, as the output `StreamUrl` has it. @default answers are not streamed */
	streamUrl?: string | undefined;
	/** A token, or a session of `signIn` or `resumeSession`, which renews its tokens. */
	session: Session | string;
}

interface CallOptions {
	signal?: AbortSignal | undefined;
}

/** A client of the Collections API for one signed-in person. The OpenAPI document gives its types. */
export class CollectionsClient {
	readonly apiUrl: string;
	readonly streamUrl: string | null;
	readonly session: Session;
	/** Every route, typed: `client.api.GET("/items/{id}", { params: { path: { id } } })`. @throws ApiProblem on any status but 2xx and 304 */
	readonly api: Client<paths>;
	readonly #send: (request: Request) => Promise<Response>;
	readonly #signal: AbortSignal | undefined;

	constructor({ apiUrl, streamUrl, session, ...options }: ClientOptions) {
		this.apiUrl = apiUrl.replace(/\/$/, "");
		this.streamUrl = streamUrl?.replace(/\/$/, "") ?? null;
		this.session = typeof session === "string" ? fixedToken(session) : session;
		this.#send = sender(this.session, options);
		this.#signal = options.signal;
		this.api = createClient<paths>({ baseUrl: this.apiUrl, fetch: this.#send });
		this.api.use({
			onRequest({ request }) {
				// Sent again, a request with a key is carried out once.
				const isNamed = request.headers.has("idempotency-key");
				const isJson = request.headers.get("content-type")?.includes("json");
				if (request.method === "POST" && isJson && !isNamed) {
					request.headers.set("idempotency-key", crypto.randomUUID());
				}
			},
			async onResponse({ request, response }) {
				const isKnown = response.status === 304;
				if (!response.ok && !isKnown) await answerOf(`${request.method} ${new URL(request.url).pathname}`, response);
			},
		});
	}

	/**
	 * Sends a request that the types do not know: of a newer route, or an invalid one.
	 * @throws ApiProblem on any status but 2xx
	 */
	async call<T>(method: string, path: string, body?: unknown, { signal }: CallOptions = {}): Promise<T> {
		const isForm = body instanceof FormData;
		const response = await this.#send(
			new Request(this.apiUrl + path, {
				method,
				...(body !== undefined && !isForm && { headers: { "content-type": "application/json" } }),
				body: isForm ? body : body === undefined ? null : JSON.stringify(body),
				...(signal && { signal }),
			}),
		);
		return (await answerOf(`${method} ${path}`, response)) as T;
	}

	/**
	 * Uploads one picture: through the API up to 4 MB, straight to storage above. The same bytes again are the same item.
	 * @throws ApiProblem where the API refuses it
	 */
	async upload(filename: string, bytes: Blob | Uint8Array<ArrayBuffer>, options: CallOptions = {}): Promise<Item> {
		const content = bytes instanceof Blob ? bytes : new Blob([bytes]);
		if (content.size > maxRequestBytes) {
			const id = await sendDirectly(this, { filename, content }, options);
			return this.item(id, options);
		}
		const form = new FormData();
		form.set("file", content, filename);
		return this.call("POST", "/items", form, options);
	}

	/**
	 * Uploads many pictures straight to storage, announced 50 at a time, and yields each once it is stored or refused: one
	 * that is refused does not hold up the others, and one that the person has already is not sent again.
	 */
	uploadAll<File extends PictureFile>(
		files: Iterable<File> | AsyncIterable<File>,
		options: CallOptions & UploadListener<File> = {},
	): AsyncGenerator<Uploaded<File>> {
		return uploadAll(this, files, { ...options, signal: options.signal ?? this.#signal });
	}

	async item(id: string, { signal }: CallOptions = {}): Promise<Item> {
		const { data } = await this.api.GET("/items/{id}", { params: { path: { id } }, ...(signal && { signal }) });
		return data as Item;
	}

	/** Yields every item that the filter meets, page by page. */
	items(filter: ItemFilter = {}, options: CallOptions = {}): AsyncGenerator<Item> {
		return this.#pages<Item>({ ...filter, fields: "full" }, options);
	}

	/** Yields what a grid shows of every item that the filter meets, with a request for each hundred. */
	compactItems(filter: ItemFilter = {}, options: CallOptions = {}): AsyncGenerator<CompactItem> {
		return this.#pages<CompactItem>({ ...filter, fields: "compact" }, options);
	}

	/** Searches. `options` are the request's other fields. */
	async search(
		query: string,
		options: Omit<SearchRequest, "query"> | Record<string, unknown> = {},
		{ signal }: CallOptions = {},
	): Promise<SearchAnswer> {
		const { data } = await this.api.POST("/search", {
			body: { query, ...options } as SearchRequest,
			...(signal && { signal }),
		});
		return data as SearchAnswer;
	}

	/** Searches, and yields what comes of it as it comes. @throws as `streamChat` */
	streamSearch(
		query: string,
		options: Omit<SearchRequest, "query"> | Record<string, unknown> = {},
		call: CallOptions = {},
	): AsyncGenerator<SearchEvent> {
		return this.#stream("/search/stream", { query, ...options }, call);
	}

	/**
	 * Says something to the collection, and yields what comes of it as it comes. Leaving the loop does not end the turn:
	 * `cancelTurn` does.
	 * @throws ApiProblem where the message is refused or an `error` ends the answer; StreamCut where the stream is cut
	 */
	streamChat(request: ChatRequest, call: CallOptions = {}): AsyncGenerator<ChatEvent> {
		return this.#stream("/chat/stream", request, call);
	}

	/** Cancels the answer that a session's chat is making, within 2 s. */
	async cancelTurn(sessionId: string, options: CallOptions = {}): Promise<void> {
		await this.call("DELETE", `/chat/${encodeURIComponent(sessionId)}/turn`, undefined, options);
	}

	/**
	 * Yields items as their status changes, until each is ready or failed. One that is deleted, or put into the trash,
	 * meanwhile is left out. A look at up to 100 items is one request, which is answered without a body where nothing
	 * changed; those that changed are read whole by another one.
	 * @param options.everyMs the pause between two looks. @default 1,000
	 */
	async *watch(
		ids: Iterable<string>,
		{ everyMs = 1_000, signal = this.#signal }: CallOptions & { everyMs?: number } = {},
	): AsyncGenerator<Item> {
		const all = [...new Set([...ids].map((id) => id.toLowerCase()))];
		let parts: Watched[] = [];
		for (let at = 0; at < all.length; at += pageSize) {
			parts.push({ statuses: new Map(all.slice(at, at + pageSize).map((id) => [id, null])), etag: null });
		}
		for (;;) {
			for (const part of parts) {
				for (const item of await this.#changed(part, signal)) yield item;
			}
			parts = parts.filter(({ statuses }) => statuses.size > 0);
			if (parts.length === 0) return;
			await pause(everyMs, signal);
		}
	}

	/**
	 * Waits until an item is ready or failed.
	 * @throws after `seconds`
	 */
	async settled(id: string, seconds = 100): Promise<Item> {
		const end = Date.now() + seconds * 1_000;
		for (;;) {
			const item = await this.item(id);
			if (isSettled(item)) return item;
			if (Date.now() > end) throw new Error(`Item ${id} is still ${item.status} after ${seconds} seconds.`);
			await pause(200, this.#signal);
		}
	}

	async *#stream<Event extends SearchEvent | ChatEvent>(
		path: string,
		body: unknown,
		{ signal }: CallOptions,
	): AsyncGenerator<Event> {
		if (!this.streamUrl) throw new Error("The client needs `streamUrl`, the output StreamUrl, for streamed answers.");
		const request = new Request(this.streamUrl + path, {
			method: "POST",
			headers: { "content-type": "application/json", accept: "text/event-stream" },
			body: JSON.stringify(body),
			...(signal && { signal }),
		});
		yield* eventsIn<Event>(`POST ${path}`, await this.#send(request));
	}

	async *#pages<T>(list: ItemFilter & { fields: "full" | "compact" }, { signal }: CallOptions): AsyncGenerator<T> {
		for (let cursor: string | undefined; ; ) {
			const { data } = await this.api.GET("/items", {
				params: { query: { ...list, limit: pageSize, ...(cursor && { cursor }) } },
				...(signal && { signal }),
			});
			yield* (data?.items ?? []) as T[];
			if (!data?.next_cursor) return;
			cursor = data.next_cursor;
		}
	}

	/** Looks at items once. Those that need no further look are watched no more. */
	async #changed(part: Watched, signal: AbortSignal | undefined): Promise<Item[]> {
		const asked = part.statuses.size;
		const { data, response } = await this.api.GET("/items", {
			params: { query: { ids: [...part.statuses.keys()], fields: "compact" } },
			...(part.etag && { headers: { "if-none-match": part.etag } }),
			...(signal && { signal }),
		});
		if (response.status === 304) return [];
		const found = new Map((data?.items ?? []).map(({ id, status }) => [id, status]));
		const changed = [...part.statuses].filter(([id, status]) => found.has(id) && found.get(id) !== status);
		const items = await this.#whole(
			changed.map(([id]) => id),
			signal,
		);
		for (const id of part.statuses.keys()) if (!found.has(id)) part.statuses.delete(id);
		for (const [id, seen] of changed) {
			const item = items.get(id);
			if (!item || isSettled(item)) part.statuses.delete(id);
			// It is further by now than when it was looked at.
			else if (item.status !== seen) part.statuses.set(id, item.status);
		}
		// A tag is that of the same ids.
		part.etag = part.statuses.size === asked ? response.headers.get("etag") : null;
		return changed.flatMap(([id]) => items.get(id) ?? []);
	}

	async #whole(ids: string[], signal: AbortSignal | undefined): Promise<Map<string, Item>> {
		if (ids.length === 0) return new Map();
		const { data } = await this.api.GET("/items", {
			params: { query: { ids, fields: "full" } },
			...(signal && { signal }),
		});
		return new Map(((data?.items ?? []) as Item[]).map((item) => [item.id, item]));
	}
}

/** Items that one request looks at. */
interface Watched {
	/** By id, null before the first look. */
	statuses: Map<string, Item["status"] | null>;
	/** The tag of the last look at the same ids. */
	etag: string | null;
}

/** Through the API, whose gateway takes no more. */
const maxRequestBytes = 4_000_000;
/** The API lists at most as many at once. */
const pageSize = 100;

const isSettled = ({ status }: Item) => status === "ready" || status === "failed";
