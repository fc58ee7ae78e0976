/** A route of the HTTP API, as gateway, handler and OpenAPI document know it. */
export interface Route {
	method: "GET" | "POST" | "DELETE";
	/** With parameters in braces: `/items/{id}`. */
	path: string;
	/** Answered without a token. */
	public?: true;
	/** The file of this folder that serves it, loaded by the first request for it. */
	module: RouteModule;
}

export type RouteModule =
	| "public"
	| "items"
	| "uploads"
	| "requests"
	| "analyses"
	| "images"
	| "similar"
	| "search"
	| "chat"
	| "search-config"
	| "vector-index";

/**
 * Declares method and path of every route once: the gateway's routes are made from this table, and a file of this
 * folder describes and serves each. It imports nothing, so that stacks read it without a handler.
 */
export const routes = {
	health: { method: "GET", path: "/health", public: true, module: "public" },
	version: { method: "GET", path: "/version", public: true, module: "public" },
	openApiDocument: { method: "GET", path: "/openapi.json", public: true, module: "public" },
	docs: { method: "GET", path: "/docs", public: true, module: "public" },
	docsAsset: { method: "GET", path: "/docs/{asset}", public: true, module: "public" },
	uploadItem: { method: "POST", path: "/items", module: "items" },
	prepareUpload: { method: "POST", path: "/uploads", module: "uploads" },
	listItems: { method: "GET", path: "/items", module: "items" },
	getItem: { method: "GET", path: "/items/{id}", module: "items" },
	deleteItem: { method: "DELETE", path: "/items/{id}", module: "items" },
	analyzeItem: { method: "POST", path: "/items/{id}/analyze", module: "requests" },
	resizeItem: { method: "POST", path: "/items/{id}/resize-only", module: "requests" },
	getRequest: { method: "GET", path: "/items/{id}/requests/{request_id}", module: "requests" },
	listAnalyses: { method: "GET", path: "/items/{id}/analyses", module: "analyses" },
	getAnalysis: { method: "GET", path: "/analyses/{id}", module: "analyses" },
	getImageUrl: { method: "GET", path: "/images/{filename}", module: "images" },
	findSimilar: { method: "POST", path: "/items/{id}/similar", module: "similar" },
	search: { method: "POST", path: "/search", module: "search" },
	chat: { method: "POST", path: "/chat", module: "chat" },
	listSessions: { method: "GET", path: "/chat/sessions", module: "chat" },
	deleteSession: { method: "DELETE", path: "/chat/sessions/{session_id}", module: "chat" },
	getHistory: { method: "GET", path: "/chat/{session_id}/history", module: "chat" },
	deleteChat: { method: "DELETE", path: "/chat/{session_id}", module: "chat" },
	getSearchConfig: { method: "GET", path: "/search/config", module: "search-config" },
	rebuildVectorIndex: { method: "POST", path: "/vector-index/rebuild", module: "vector-index" },
	getVectorIndexStatus: { method: "GET", path: "/vector-index/status", module: "vector-index" },
} as const satisfies Record<string, Route>;

export const allRoutes: readonly Route[] = Object.values(routes);
