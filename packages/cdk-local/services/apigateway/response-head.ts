import { z } from "zod";

/** Separates the head of a streamed response from its body. */
const separator = Buffer.alloc(8);

const schema = z.object({
	statusCode: z.int().min(100).max(599),
	headers: z.record(z.string(), z.string()).default({}),
	multiValueHeaders: z.record(z.string(), z.array(z.string())).default({}),
	cookies: z.array(z.string()).default([]),
});

interface ResponseHead {
	status: number;
	headers: (readonly [name: string, value: string | string[]])[];
	/** The part of the body that came with it. */
	rest: Buffer;
}

/** Reads the head of a streamed response: JSON, then eight zero bytes. Null where it is not complete. @throws where it is none */
export function responseHead(bytes: Buffer): ResponseHead | null {
	const end = bytes.indexOf(separator);
	if (end < 0) return null;
	const { statusCode, headers, multiValueHeaders, cookies } = schema.parse(JSON.parse(bytes.toString("utf8", 0, end)));
	return {
		status: statusCode,
		headers: [
			...Object.entries(headers),
			...Object.entries(multiValueHeaders),
			...(cookies.length > 0 ? [["set-cookie", cookies] as const] : []),
		],
		rest: bytes.subarray(end + separator.length),
	};
}
