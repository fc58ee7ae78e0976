import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const stepSeconds = 30;
const digits = 6;
/** Of how many steps a clock may be behind or ahead. */
const tolerance = 1;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Generates the secret that an authenticator app shares with the pool: 160 bits in base 32. */
export function newSecret(): string {
	return Array.from(randomBytes(32), (byte) => alphabet[byte % alphabet.length]).join("");
}

/** Returns the step of RFC 6238 that a moment lies in. @param now milliseconds since 1970 */
export const stepAt = (now: number): number => Math.floor(now / 1_000 / stepSeconds);

/** Returns the code of a step, as RFC 6238 with SHA-1 defines it. */
export function codeAt(secret: string, step: number): string {
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(step));
	const digest = createHmac("sha1", decodeBase32(secret)).update(counter).digest();
	const offset = (digest.at(-1) ?? 0) & 0xf;
	const truncated = digest.readUInt32BE(offset) & 0x7fff_ffff;
	return String(truncated % 10 ** digits).padStart(digits, "0");
}

/** Returns the step whose code it is, of the present one and those beside it; undefined where it is none's. */
export function stepOf(secret: string, code: string, now: number): number | undefined {
	const present = stepAt(now);
	const steps = Array.from({ length: 2 * tolerance + 1 }, (_, at) => present - tolerance + at);
	return steps.find((step) => isSame(codeAt(secret, step), code));
}

function isSame(expected: string, code: string): boolean {
	const [a, b] = [Buffer.from(expected), Buffer.from(code)];
	return a.length === b.length && timingSafeEqual(a, b);
}

function decodeBase32(text: string): Buffer {
	const bits = Array.from(text, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
	const bytes = bits.match(/.{8}/g) ?? [];
	return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
