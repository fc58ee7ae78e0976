import type { Context, MiddlewareHandler, Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError } from "#core/errors.ts";

/** Limits every request. A file has a limit of its own, and the gateway one for the whole. */
export const maxSizes = {
	/** Path and query: a hundred ids, and filters, are 5,000. */
	addressCharacters: 8_192,
	/** Names and values: a Cognito token is about 1,100. */
	headerBytes: 8_192,
	/** Fifty announced files with names of a thousand characters are 60,000. */
	jsonBytes: 65_536,
	/** No schema here is deeper than 4. */
	jsonDepth: 10,
} as const;

/** Refuses an address or headers that are too long. */
export async function limitHead(c: Context, next: Next): Promise<void> {
	const { pathname, search } = new URL(c.req.url);
	const characters = pathname.length + search.length;
	if (characters > maxSizes.addressCharacters) {
		throw new AppError(
			"address_too_long",
			`The address has ${characters} characters, and at most ${maxSizes.addressCharacters} are read: send fewer or shorter parameters.`,
		);
	}
	let bytes = 0;
	for (const [name, value] of c.req.raw.headers) bytes += name.length + value.length;
	if (bytes > maxSizes.headerBytes) {
		throw new AppError(
			"headers_too_large",
			`The headers have ${bytes} bytes, and at most ${maxSizes.headerBytes} are read: send fewer or shorter ones.`,
		);
	}
	await next();
}

/** Refuses a body that is too large, or JSON that is nested too deep. Forms are bounded by the gateway and by `uploadItem`. */
export function limitBody(maxSize: number): MiddlewareHandler {
	const limitBytes = bodyLimit({
		maxSize,
		onError: () => {
			throw new AppError("request_too_large", `The body has more than ${maxSize} bytes: at most as many are read.`);
		},
	});
	return async (c, next) => {
		const type = c.req.header("content-type") ?? "";
		if (type.startsWith("multipart/")) {
			await next();
			return;
		}
		const limited = await limitBytes(c, async () => {
			if (type.includes("json") && depthOf(await c.req.text()) > maxSizes.jsonDepth) {
				throw new AppError(
					"invalid_request",
					`The JSON is nested deeper than ${maxSizes.jsonDepth} levels, which no call takes.`,
				);
			}
			await next();
		});
		return limited ?? undefined;
	};
}

/** Returns how deep JSON is nested, by its text: nothing is built for what is refused. */
function depthOf(json: string): number {
	let [depth, deepest, inString] = [0, 0, false];
	for (let at = 0; at < json.length; at += 1) {
		const character = json[at];
		if (inString) {
			if (character === "\\") at += 1;
			else if (character === '"') inString = false;
		} else if (character === '"') inString = true;
		else if (character === "[" || character === "{") deepest = Math.max(deepest, ++depth);
		else if (character === "]" || character === "}") depth -= 1;
	}
	return deepest;
}
