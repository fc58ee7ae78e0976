import { Failures } from "../failures.ts";
import { accountPrefixes } from "../items/item.ts";
import type { Ports } from "../ports/index.ts";

/** A client says it to delete an account: nobody does so by accident. */
export const deletionPhrase = "delete my account";

/**
 * An account stays marked for so long: longer than a token is valid (an hour), than an upload by a form takes that was made
 * before (an hour and a quarter), and than any function runs that began before.
 */
export const keepMarkSeconds = 2 * 60 * 60;
const againSeconds = 15 * 60;
const maxAccounts = 20;
const sessionsAtOnce = 10;

type AccountPorts = Pick<
	Ports,
	"deletedAccounts" | "rateLimits" | "userPool" | "objects" | "sessions" | "idempotencyKeys" | "verificationCache"
>;

interface Deadline {
	deadline: Date;
}

/**
 * Deletes an account. The mark decides: what comes after it is finished by the sweeper, whatever happens here, or by whoever
 * asks again: a crash right after the mark has left the person's tokens good.
 * @param onFailure is told why the rest is left to the sweeper
 * @returns whether everything is gone; else the sweeper goes on
 */
export async function deleteAccount(
	ports: AccountPorts,
	userId: string,
	{ deadline, onFailure }: Deadline & { onFailure: (error: unknown) => void },
): Promise<boolean> {
	const isNew = await ports.deletedAccounts.mark(userId);
	if (!isNew && (await ports.deletedAccounts.isEmptied(userId))) return true;
	try {
		return await emptyAccount(ports, userId, { deadline });
	} catch (error) {
		onFailure(error);
		return false;
	}
}

/**
 * Removes everything of a deleted account, each part of which may be gone already: first what lets its person in, last the
 * person.
 * @returns false where the deadline came first
 */
async function emptyAccount(ports: AccountPorts, userId: string, { deadline }: Deadline): Promise<boolean> {
	const { deletedAccounts, rateLimits, userPool, objects, sessions, idempotencyKeys, verificationCache } = ports;
	const repeat = async (work: () => Promise<boolean>) => {
		while (await work()) {
			if (Date.now() > deadline.getTime()) return false;
		}
		return true;
	};
	await rateLimits.close(userId, new Date(Date.now() + keepMarkSeconds * 1_000));
	await userPool.signOut(userId);
	if (!(await repeat(() => deletedAccounts.deleteRows(userId)))) return false;
	if (!(await repeat(() => sessions.deleteSome(userId, sessionsAtOnce)))) return false;
	await idempotencyKeys.forgetAll(userId);
	await verificationCache.forgetAll(userId);
	for (const prefix of accountPrefixes(userId)) {
		if (!(await repeat(() => objects.deletePage(prefix)))) return false;
	}
	await userPool.delete(userId);
	await deletedAccounts.markEmptied(userId);
	return true;
}

/**
 * Goes on with the deletions that were interrupted, and looks again for what was still under way, until the mark of an
 * account is no longer needed.
 */
export async function finishDeletions(
	ports: AccountPorts & Pick<Ports, "clock">,
	{ deadline }: Deadline,
): Promise<{ emptied: number; finished: number }> {
	const report = { emptied: 0, finished: 0 };
	// One account must not keep all others.
	const failures = new Failures();
	for (const { userId, deletedAt } of await ports.deletedAccounts.claimDue({ againSeconds, limit: maxAccounts })) {
		if (Date.now() > deadline.getTime()) break;
		await failures.collect(async () => {
			if (!(await emptyAccount(ports, userId, { deadline }))) return;
			report.emptied += 1;
			if (ports.clock.now().getTime() - deletedAt.getTime() < keepMarkSeconds * 1_000) return;
			await ports.rateLimits.forget(userId);
			await ports.deletedAccounts.finish(userId);
			report.finished += 1;
		});
	}
	failures.throwIfAny(`The deletions of ${failures.errors.length} accounts were not finished.`);
	return report;
}
