import type { RouteClass } from "#core/limits/limits.ts";

interface AnyRoute {
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** With parameters in braces: `/items/{id}`. */
	path: string;
	/** The file of this folder that serves it, loaded by the first request for it. */
	module: string;
}

/** The requests a second, and at once, of all clients together. */
interface Throttle {
	rate: number;
	burst: number;
}

/** A route that is answered without a token. */
export interface PublicRoute extends AnyRoute {
	public: true;
	/** @default 50 a second, 100 at once */
	throttle?: Throttle;
	/** Takes more JSON than other routes, in bytes. */
	maxJsonBytes?: number;
}

/** A route that serves the token's user. */
export interface GuardedRoute extends AnyRoute {
	public?: never;
	/** Its class: the user's limit from which a request takes. */
	limit: RouteClass;
	/** Is answered to who deleted the account, too. */
	afterDeletion?: true;
	/** The answer is a stream of events: the REST API serves it. */
	streamed?: true;
	/**
	 * The gateway lets it through without a token, at most so often for all clients together, and the handler alone checks it:
	 * the gateway's own 401 cannot say where to sign in.
	 */
	ungated?: Throttle;
	/** Only the group `admin` is served; others get the 404 of an unknown path. It is `ungated`, since the gateway's 401 would tell. */
	forAdmins?: true;
	/** Takes more JSON than other routes, in bytes. */
	maxJsonBytes?: number;
}

/** The throttle is that of unknown paths, which these are for everybody but administrators. */
const admins = { forAdmins: true, ungated: { rate: 50, burst: 100 }, module: "admin" } as const;

/** A route of one of the two APIs, as gateway, handler and OpenAPI document know it. */
export type Route = PublicRoute | GuardedRoute;

/**
 * Declares method and path of every route once: the gateway's routes are made from this table, and a file of this
 * folder describes and serves each. It imports no code, so that stacks read it without a handler.
 */
export const routes = {
	health: { method: "GET", path: "/health", public: true, module: "public" },
	version: { method: "GET", path: "/version", public: true, module: "public" },
	openApiDocument: { method: "GET", path: "/openapi.json", public: true, module: "public" },
	docs: { method: "GET", path: "/docs", public: true, module: "public" },
	docsAsset: { method: "GET", path: "/docs/{asset}", public: true, module: "public" },
	uploadItem: { method: "POST", path: "/items", limit: "upload", module: "items" },
	prepareUpload: { method: "POST", path: "/uploads", limit: "upload", module: "uploads" },
	listItems: { method: "GET", path: "/items", limit: "read", module: "item-lists" },
	listFacets: { method: "GET", path: "/items/facets", limit: "read", module: "item-lists" },
	/** Of class `search`: a request compares so many items with all. */
	listDuplicates: { method: "GET", path: "/items/duplicates", limit: "search", module: "similar" },
	getItem: { method: "GET", path: "/items/{id}", limit: "read", module: "items" },
	editItem: { method: "PATCH", path: "/items/{id}", limit: "write", module: "edits" },
	deleteItem: { method: "DELETE", path: "/items/{id}", limit: "write", module: "items" },
	trashItem: { method: "POST", path: "/items/{id}/trash", limit: "write", module: "items" },
	restoreItem: { method: "POST", path: "/items/{id}/restore", limit: "write", module: "items" },
	analyzeItem: { method: "POST", path: "/items/{id}/analyze", limit: "expensive", module: "requests" },
	compareModels: { method: "POST", path: "/items/{id}/compare", limit: "expensive", module: "requests" },
	resizeItem: { method: "POST", path: "/items/{id}/resize-only", limit: "expensive", module: "requests" },
	getRequest: { method: "GET", path: "/items/{id}/requests/{request_id}", limit: "read", module: "requests" },
	listAnalyses: { method: "GET", path: "/items/{id}/analyses", limit: "read", module: "analyses" },
	getAnalysis: { method: "GET", path: "/analyses/{id}", limit: "read", module: "analyses" },
	getText: { method: "GET", path: "/items/{id}/text", limit: "read", module: "text" },
	batchItems: { method: "POST", path: "/items/batch", limit: "write", module: "jobs" },
	getJob: { method: "GET", path: "/jobs/{id}", limit: "read", module: "jobs" },
	listJobParts: { method: "GET", path: "/jobs/{id}/parts", limit: "read", module: "jobs" },
	changeJob: { method: "PATCH", path: "/jobs/{id}", limit: "write", module: "jobs" },
	cancelJob: { method: "DELETE", path: "/jobs/{id}", limit: "write", module: "jobs" },
	/** Of class `search`, as the next: a smart album's items are those that its search finds. */
	listAlbums: { method: "GET", path: "/albums", limit: "search", module: "albums" },
	getAlbum: { method: "GET", path: "/albums/{id}", limit: "search", module: "albums" },
	createAlbum: { method: "POST", path: "/albums", limit: "write", module: "albums" },
	changeAlbum: { method: "PATCH", path: "/albums/{id}", limit: "write", module: "albums" },
	deleteAlbum: { method: "DELETE", path: "/albums/{id}", limit: "write", module: "albums" },
	putAlbumItems: { method: "PUT", path: "/albums/{id}/items", limit: "write", module: "albums" },
	removeAlbumItems: { method: "DELETE", path: "/albums/{id}/items", limit: "write", module: "albums" },
	getImageUrl: { method: "GET", path: "/images/{filename}", limit: "read", module: "images" },
	findSimilar: { method: "POST", path: "/items/{id}/similar", limit: "search", module: "similar" },
	listTags: { method: "GET", path: "/tags", limit: "read", module: "tags" },
	renameTag: { method: "PATCH", path: "/tags/{name}", limit: "write", module: "tags" },
	deleteTag: { method: "DELETE", path: "/tags/{name}", limit: "write", module: "tags" },
	/** Of class `expensive` where a model answers: see search.ts. */
	search: { method: "POST", path: "/search", limit: "search", module: "search" },
	chat: { method: "POST", path: "/chat", limit: "expensive", module: "chat" },
	searchStream: { method: "POST", path: "/search/stream", limit: "search", module: "streams", streamed: true },
	chatStream: { method: "POST", path: "/chat/stream", limit: "expensive", module: "streams", streamed: true },
	cancelTurn: { method: "DELETE", path: "/chat/{session_id}/turn", limit: "write", module: "chat" },
	listSessions: { method: "GET", path: "/chat/sessions", limit: "read", module: "chat" },
	renameSession: { method: "PATCH", path: "/chat/sessions/{session_id}", limit: "write", module: "chat" },
	deleteSession: { method: "DELETE", path: "/chat/sessions/{session_id}", limit: "write", module: "chat" },
	getHistory: { method: "GET", path: "/chat/{session_id}/history", limit: "read", module: "chat" },
	deleteChat: { method: "DELETE", path: "/chat/{session_id}", limit: "write", module: "chat" },
	getSearchConfig: { method: "GET", path: "/search/config", limit: "read", module: "search-config" },
	rebuildVectorIndex: { method: "POST", path: "/vector-index/rebuild", limit: "expensive", module: "vector-index" },
	listGoldenItems: { method: "GET", path: "/golden-dataset/items", limit: "read", module: "golden" },
	compareGolden: { method: "POST", path: "/golden-dataset/compare", limit: "search", module: "golden" },
	saveGolden: { method: "POST", path: "/golden-dataset/save", limit: "write", module: "golden" },
	getGoldenStatus: { method: "GET", path: "/golden-dataset/status", limit: "read", module: "golden" },
	getGoldenEntry: { method: "GET", path: "/golden-dataset/entry/{item_id}", limit: "read", module: "golden" },
	getVectorIndexStatus: { method: "GET", path: "/vector-index/status", limit: "read", module: "vector-index" },
	getMe: { method: "GET", path: "/me", limit: "read", module: "me" },
	changeMe: { method: "PATCH", path: "/me", limit: "write", module: "me" },
	getUsage: { method: "GET", path: "/usage", limit: "read", module: "usage" },
	deleteAccount: { method: "DELETE", path: "/account", limit: "write", module: "account", afterDeletion: true },
	/** Of class `expensive`: it copies everything. */
	exportAccount: { method: "POST", path: "/account/export", limit: "expensive", module: "account" },
	importItems: {
		method: "POST",
		path: "/account/import/items",
		limit: "upload",
		// An analysis of a page full of text has 100 KB, and an item may have many.
		maxJsonBytes: 3_145_728,
		module: "imports",
	},
	importAlbums: { method: "POST", path: "/account/import/albums", limit: "write", module: "imports" },
	createShare: { method: "POST", path: "/shares", limit: "write", module: "shares" },
	listShares: { method: "GET", path: "/shares", limit: "read", module: "shares" },
	deleteShare: { method: "DELETE", path: "/shares/{id}", limit: "write", module: "shares" },
	createWebhook: { method: "POST", path: "/webhooks", limit: "write", module: "webhooks" },
	listWebhooks: { method: "GET", path: "/webhooks", limit: "read", module: "webhooks" },
	deleteWebhook: { method: "DELETE", path: "/webhooks/{id}", limit: "write", module: "webhooks" },
	testWebhook: { method: "POST", path: "/webhooks/{id}/test", limit: "write", module: "webhooks" },
	/** The handler checks Stripe's signature. */
	receiveStripeEvent: {
		method: "POST",
		path: "/webhooks/stripe",
		public: true,
		// An event of a subscription with twenty items has 60 KB.
		maxJsonBytes: 262_144,
		module: "stripe",
	},
	verifyText: { method: "POST", path: "/verifications", limit: "expensive", module: "verifications" },
	listVerifications: { method: "GET", path: "/verifications", limit: "read", module: "verifications" },
	getVerification: { method: "GET", path: "/verifications/{id}", limit: "read", module: "verifications" },
	deleteVerification: { method: "DELETE", path: "/verifications/{id}", limit: "write", module: "verifications" },
	listUsers: { method: "GET", path: "/admin/users", limit: "read", ...admins },
	getUser: { method: "GET", path: "/admin/users/{sub}", limit: "read", ...admins },
	changeUser: { method: "PATCH", path: "/admin/users/{sub}", limit: "write", ...admins },
	getEverybodysUsage: { method: "GET", path: "/admin/usage", limit: "read", ...admins },
	/** Each tool takes from the limits of the routes that it asks, too. */
	callMcp: {
		method: "POST",
		path: "/mcp",
		limit: "read",
		ungated: { rate: 100, burst: 200 },
		// A picture of 3 MB in Base64.
		maxJsonBytes: 4_194_304,
		module: "mcp",
	},
	streamMcp: { method: "GET", path: "/mcp", public: true, module: "mcp" },
	protectedResource: { method: "GET", path: "/.well-known/oauth-protected-resource", public: true, module: "mcp" },
	protectedMcp: { method: "GET", path: "/.well-known/oauth-protected-resource/mcp", public: true, module: "mcp" },
	authorizationServer: {
		method: "GET",
		path: "/.well-known/oauth-authorization-server",
		public: true,
		module: "mcp",
	},
	showShare: { method: "GET", path: "/s/{token}", public: true, module: "share-pages" },
	enterShare: { method: "POST", path: "/s/{token}", public: true, module: "share-pages" },
	/** A page of an album asks for each of its pictures. */
	showSharedPicture: {
		method: "GET",
		path: "/s/{token}/{item_id}",
		public: true,
		throttle: { rate: 200, burst: 400 },
		module: "share-pages",
	},
} as const satisfies Record<string, Route>;

const every: readonly Route[] = Object.values(routes);
const isStreamed = (route: Route) => !route.public && route.streamed === true;

/** The routes of the REST API, whose answers are streams. */
export const streamedRoutes = every.filter(isStreamed);

/** The routes of the HTTP API. */
export const allRoutes: readonly Route[] = every.filter((route) => !isStreamed(route));
