/** One route of the HTTP API, as gateway, handler and OpenAPI document know it. */
export interface Route {
	method: "GET" | "POST" | "DELETE";
	/** With parameters in braces: `/items/{id}`. */
	path: string;
	/** Answered without a token. */
	public?: true;
}

/**
 * Every route of the HTTP API: the gateway's are made from this table, and a test holds that the
 * application serves exactly these. It imports nothing, so that the stacks may import it.
 */
export const routes: readonly Route[] = [
	{ method: "GET", path: "/health", public: true },
	{ method: "GET", path: "/version", public: true },
	{ method: "GET", path: "/openapi.json", public: true },
	{ method: "GET", path: "/docs", public: true },
	{ method: "GET", path: "/docs/{asset}", public: true },
	{ method: "POST", path: "/items" },
	{ method: "POST", path: "/uploads" },
	{ method: "GET", path: "/items" },
	{ method: "GET", path: "/items/{id}" },
	{ method: "DELETE", path: "/items/{id}" },
	{ method: "POST", path: "/items/{id}/analyze" },
	{ method: "POST", path: "/items/{id}/resize-only" },
	{ method: "GET", path: "/items/{id}/requests/{request_id}" },
	{ method: "GET", path: "/items/{id}/analyses" },
	{ method: "GET", path: "/analyses/{id}" },
	{ method: "GET", path: "/images/{filename}" },
	{ method: "POST", path: "/search" },
	{ method: "GET", path: "/vector-index/status" },
];
