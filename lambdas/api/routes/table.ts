/** One route of the HTTP API, as gateway, handler and OpenAPI document know it. */
export interface Route {
	method: "GET" | "POST" | "DELETE";
	/** With parameters in braces: `/items/{id}`. */
	path: string;
	/** Answered without a token. */
	public?: true;
	/** The module beside this one that serves it, loaded by the first request for it. */
	noun: Noun;
}

export type Noun =
	| "public"
	| "items"
	| "uploads"
	| "analyses"
	| "requests"
	| "images"
	| "search"
	| "search-config"
	| "similar"
	| "vector-index";

/**
 * Every route of the HTTP API: the gateway's are made from this table, and a test holds that the
 * application serves exactly these. It imports nothing, so that the stacks may import it.
 */
export const routes: readonly Route[] = [
	{ method: "GET", path: "/health", public: true, noun: "public" },
	{ method: "GET", path: "/version", public: true, noun: "public" },
	{ method: "GET", path: "/openapi.json", public: true, noun: "public" },
	{ method: "GET", path: "/docs", public: true, noun: "public" },
	{ method: "GET", path: "/docs/{asset}", public: true, noun: "public" },
	{ method: "POST", path: "/items", noun: "items" },
	{ method: "POST", path: "/uploads", noun: "uploads" },
	{ method: "GET", path: "/items", noun: "items" },
	{ method: "GET", path: "/items/{id}", noun: "items" },
	{ method: "DELETE", path: "/items/{id}", noun: "items" },
	{ method: "POST", path: "/items/{id}/analyze", noun: "requests" },
	{ method: "POST", path: "/items/{id}/resize-only", noun: "requests" },
	{
		method: "GET",
		path: "/items/{id}/requests/{request_id}",
		noun: "requests",
	},
	{ method: "GET", path: "/items/{id}/analyses", noun: "analyses" },
	{ method: "GET", path: "/analyses/{id}", noun: "analyses" },
	{ method: "GET", path: "/images/{filename}", noun: "images" },
	{ method: "POST", path: "/items/{id}/similar", noun: "similar" },
	{ method: "POST", path: "/search", noun: "search" },
	{ method: "GET", path: "/search/config", noun: "search-config" },
	{ method: "POST", path: "/vector-index/rebuild", noun: "vector-index" },
	{ method: "GET", path: "/vector-index/status", noun: "vector-index" },
];
