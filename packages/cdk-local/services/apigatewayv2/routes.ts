/** A route of an HTTP API. */
export interface Route {
	/** `GET /items/{id}`, `ANY /{proxy+}` or `$default`. */
	key: string;
	integrationId: string;
	/** Null for a public route. */
	authorizerId: string | null;
	/** A token needs one of these; an empty list requires none. */
	scopes: string[];
}

interface RouteMatch {
	route: Route;
	parameters: Record<string, string>;
}

/** Ranks a segment by how specific it is: text before `{name}` before `{name+}`. */
function rank(segment: string): number {
	if (!segment.startsWith("{")) return 0;
	return segment.endsWith("+}") ? 2 : 1;
}

/** Chooses the most specific route, as API Gateway does: by path first, then by method, `$default` last. */
export function selectRoute(routes: Route[], method: string, path: string): RouteMatch | null {
	let best: { match: RouteMatch; order: string } | null = null;
	for (const route of routes) {
		const [routeMethod = "", template] = route.key.split(" ");
		if (template === undefined) continue;
		if (routeMethod !== "ANY" && routeMethod !== method) continue;
		const parameters = matchPath(template, path);
		if (!parameters) continue;
		const order = template.split("/").map(rank).join("") + (routeMethod === "ANY" ? "1" : "0");
		if (!best || order < best.order) {
			best = { match: { route, parameters }, order };
		}
	}
	if (best) return best.match;
	const fallback = routes.find((route) => route.key === "$default");
	return fallback ? { route: fallback, parameters: {} } : null;
}

function matchPath(template: string, path: string): Record<string, string> | null {
	const expected = template.split("/");
	const actual = path.split("/");
	const parameters: Record<string, string> = {};
	for (const [index, segment] of expected.entries()) {
		const value = actual[index];
		if (value === undefined) return null;
		const name = segment.replace(/^\{|\+?\}$/g, "");
		switch (rank(segment)) {
			case 0:
				if (segment !== value) return null;
				break;
			case 1:
				if (value === "") return null;
				parameters[name] = decode(value);
				break;
			default: {
				const rest = actual.slice(index).join("/");
				if (rest === "") return null;
				parameters[name] = decode(rest);
				return parameters;
			}
		}
	}
	return actual.length === expected.length ? parameters : null;
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
