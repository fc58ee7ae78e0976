import { AppError } from "../errors.ts";
import type { Ports, QuotaCounts } from "../ports/index.ts";
import { type CountedUse, endOf, type PerPeriod, type UseQuotas, useNouns } from "./quotas.ts";

/**
 * Does work that counts towards a person's quota. What fails does not count, unless the person canceled it: a model was asked.
 * @param counts tells by the result that the work counts. @default it always does
 * @throws AppError `quota_exceeded`, and `quota_unavailable` where nobody can say how much is left
 */
export async function countUse<Result>(
	{ quotaCounts }: Pick<Ports, "quotaCounts">,
	quotas: UseQuotas,
	userId: string,
	use: CountedUse,
	work: () => Promise<Result>,
	counts: (result: Result) => boolean = () => true,
): Promise<Result> {
	const day = await take(quotaCounts, quotas[use], userId, use);
	// The person waits for the result, or the reason of the failure; a use more or less is nothing beside it.
	const putBack = () => quotaCounts.putBack(userId, use, day).catch(() => {});
	try {
		const result = await work();
		if (!counts(result)) await putBack();
		return result;
	} catch (error) {
		const isCanceled = error instanceof AppError && error.code === "turn_canceled";
		if (!isCanceled) await putBack();
		throw error;
	}
}

async function take(quotaCounts: QuotaCounts, quota: PerPeriod, userId: string, use: CountedUse): Promise<string> {
	const taken = await quotaCounts.take(userId, use, quota).catch((cause) => {
		throw new AppError("quota_unavailable", "Nobody can say how much of your quota is left: try again in a while.", {
			cause,
		});
	});
	if (taken.allowed) return taken.day;
	const { period, used, at } = taken;
	const resetsAt = endOf(period, at);
	throw new AppError(
		"quota_exceeded",
		`You have used the ${quota[period]} ${useNouns[use]} that you may have in a ${period}: there are more from ${resetsAt.toISOString().slice(0, 16).replace("T", " ")} UTC on.`,
		{
			retryAfterSeconds: Math.max(1, Math.ceil((resetsAt.getTime() - at.getTime()) / 1_000)),
			quota: { use, period, limit: quota[period], used, resetsAt },
		},
	);
}
