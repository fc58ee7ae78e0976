import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** 32 MB and about 0.2 s a guess, of OWASP's advice for scrypt. */
const cost = { N: 2 ** 15, r: 8, p: 3 };
const maxmem = 64 * 1024 * 1024;
const hashBytes = 32;

const derive = (password: string, salt: Buffer, length: number, options: ScryptOptions) =>
	new Promise<Buffer>((resolve, reject) => {
		scrypt(password, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
	});

/** Returns what is stored of a password: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
	const salt = randomBytes(16);
	const hash = await derive(password.normalize("NFKC"), salt, hashBytes, { ...cost, maxmem });
	return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64url"), hash.toString("base64url")].join("$");
}

/** Returns whether a password is the one that was hashed, in a time that does not depend on how nearly it is. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
	const [, N, r, p, salt = "", hash = ""] = stored.split("$");
	const expected = Buffer.from(hash, "base64url");
	const options = { N: Number(N), r: Number(r), p: Number(p), maxmem };
	const given = await derive(password.normalize("NFKC"), Buffer.from(salt, "base64url"), expected.length, options);
	return timingSafeEqual(given, expected);
}

/** How long a visitor who knew the password may look. */
export const passSeconds = 12 * 60 * 60;

/** Makes a visitor's proof of having known the password of a share. Another password, or another share, makes it worthless. */
export function newPass(share: { id: string; passwordHash: string }, now: Date): string {
	const expires = Math.floor(now.getTime() / 1_000) + passSeconds;
	return `${expires}.${signatureOf(share, expires).toString("base64url")}`;
}

export function isPass(pass: string, share: { id: string; passwordHash: string }, now: Date): boolean {
	const [, expires = "", signature = ""] = /^(\d{1,12})\.([\w-]{43})$/.exec(pass) ?? [];
	if (Number(expires) * 1_000 <= now.getTime()) return false;
	return timingSafeEqual(Buffer.from(signature, "base64url"), signatureOf(share, Number(expires)));
}

/** The stored hash is random to everyone but the database, and so the key. */
const signatureOf = ({ id, passwordHash }: { id: string; passwordHash: string }, expires: number) =>
	createHmac("sha256", passwordHash).update(`share ${id} until ${expires}`).digest();
