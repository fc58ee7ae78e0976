import { createHash } from "node:crypto";

/**
 * Derives a UUID (version 8, RFC 9562) from its parts: the same parts give the same id, so that a repeated attempt
 * writes the same row.
 */
export function derivedId(...parts: (string | number)[]): string {
	const hash = createHash("sha256").update(parts.join("\n")).digest();
	hash[6] = 0x80 | ((hash[6] as number) & 0x0f);
	hash[8] = 0x80 | ((hash[8] as number) & 0x3f);
	const hex = hash.toString("hex");
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
