import type { Context } from "hono";

/** Returns the address at which the client reached the API. The gateway answers to its own names alone. */
export function originOf(c: Context): string {
	const host = c.req.header("host") ?? new URL(c.req.url).host;
	return `${c.req.header("x-forwarded-proto") === "http" ? "http" : "https"}://${host}`;
}
