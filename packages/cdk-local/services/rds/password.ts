import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

/** Checks a password against the SCRAM verifier that Postgres stores. */
export function passwordMatches(password: string, verifier: string): boolean {
	const [, iterations, salt = "", storedKey = ""] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):/.exec(verifier) ?? [];
	if (!iterations) return false;
	const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
	const clientKey = createHmac("sha256", salted).update("Client Key").digest();
	return timingSafeEqual(createHash("sha256").update(clientKey).digest(), Buffer.from(storedKey, "base64"));
}
