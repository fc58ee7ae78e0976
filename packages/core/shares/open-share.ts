import { AppError, shareNotFound } from "../errors.ts";
import type { RateLimit } from "../limits/limits.ts";
import type { Ports } from "../ports/index.ts";
import type { Share } from "./share.ts";
import { isPass, isPassword, newPass } from "./share-password.ts";
import { hashShareToken } from "./share-token.ts";

/**
 * Finds the share of an address.
 * @throws AppError `share_not_found`, the same whether it never was, was ended or has expired
 */
export async function findShare({ shares }: Pick<Ports, "shares">, token: string): Promise<Share> {
	const tokenHash = hashShareToken(token);
	const share = tokenHash && (await shares.findByToken(tokenHash));
	if (!share) throw shareNotFound();
	return share;
}

/** Returns whether a visitor may see the share: it has no password, or the visitor's pass proves that they knew it. */
export function isOpen({ id, passwordHash }: Share, pass: string | undefined, now: Date): boolean {
	return passwordHash === null || (pass !== undefined && isPass(pass, { id, passwordHash }, now));
}

/** Ten wrong guesses of the password of a share, and one more every six minutes, by whomever. */
const guesses = (share: Share): RateLimit => ({
	routeClass: `guess#${share.id}`,
	perMinute: 1 / 6,
	burst: 10,
	parallel: null,
});

/**
 * Checks a guess of the password of a share.
 * @returns a pass, with which the visitor sees the share for some hours; null where it has no password
 * @throws AppError `password_wrong`, `too_many_guesses`, `guesses_unavailable`
 */
export async function enterShare(
	{ rateLimits }: Pick<Ports, "rateLimits">,
	share: Share,
	password: string,
	now: Date,
): Promise<string | null> {
	const { id, userId, passwordHash } = share;
	if (passwordHash === null) return null;
	// Without the count anybody could guess for ever: unlike other limits, this one holds where its store is away.
	const taken = await rateLimits.take(userId, guesses(share), 1).catch((cause) => {
		throw new AppError("guesses_unavailable", "The password cannot be checked for the moment: try again in a minute.", {
			cause,
		});
	});
	if (!taken.allowed) {
		const minutes = Math.ceil(taken.retryAfterSeconds / 60);
		throw new AppError(
			"too_many_guesses",
			`Too many passwords were tried: try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
			{ retryAfterSeconds: taken.retryAfterSeconds },
		);
	}
	if (!(await isPassword(password, passwordHash))) {
		throw new AppError("password_wrong", "This is not the password of the page.");
	}
	// Many guests who know it lock nobody out. A guess that stays counted does no harm.
	await rateLimits.putBack(userId, guesses(share), 1).catch(() => {});
	return newPass({ id, passwordHash }, now);
}
