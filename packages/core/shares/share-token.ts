import { createHash, randomBytes } from "node:crypto";

/** 144 bits: nobody finds one by trying. */
const tokenBytes = 18;
const tokenPattern = /^[\w-]{24}$/;

/** Makes the secret part of a share's address. */
export const newShareToken = (): string => randomBytes(tokenBytes).toString("base64url");

/** Returns what is stored of a token; null where it is none. A token is random, so one round of a fast hash keeps it secret. */
export function hashShareToken(token: string): Uint8Array | null {
	return tokenPattern.test(token) ? createHash("sha256").update(token).digest() : null;
}
