import type { IncomingHttpHeaders } from "node:http";

/** The CORS configuration of an HTTP API. */
export interface CorsConfiguration {
	origins: string[];
	methods: string[];
	headers: string[];
	exposed: string[];
	credentials: boolean;
	maxAgeSeconds: number | null;
}

function allowedOrigin(cors: CorsConfiguration, origin: string | undefined): string | null {
	if (!origin) return null;
	if (cors.origins.includes("*")) return "*";
	// API Gateway also allows every origin of a scheme: `https://*`.
	const allowed = cors.origins.some(
		(candidate) => candidate === origin || (candidate.endsWith("://*") && origin.startsWith(candidate.slice(0, -1))),
	);
	return allowed ? origin : null;
}

/** Returns the headers of every response to an allowed origin; none for any other. */
export function corsHeaders(cors: CorsConfiguration, origin: string | undefined): Record<string, string> {
	const allowed = allowedOrigin(cors, origin);
	if (allowed === null) return {};
	return {
		"access-control-allow-origin": allowed,
		...(allowed !== "*" && { vary: "origin" }),
		...(cors.credentials && { "access-control-allow-credentials": "true" }),
		...(cors.exposed.length > 0 && {
			"access-control-expose-headers": cors.exposed.join(","),
		}),
	};
}

/** Returns the further headers of a preflight's response. */
export function preflight(cors: CorsConfiguration, headers: IncomingHttpHeaders): Record<string, string> {
	if (allowedOrigin(cors, headers.origin) === null) return {};
	return {
		"access-control-allow-methods": cors.methods.join(","),
		"access-control-allow-headers": cors.headers.join(",").toLowerCase(),
		...(cors.maxAgeSeconds !== null && {
			"access-control-max-age": String(cors.maxAgeSeconds),
		}),
	};
}
