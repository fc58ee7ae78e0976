import { AppError, itemNotFound } from "../errors.ts";
import type { RouteClass } from "../limits/limits.ts";
import type { ItemFilter, Ports } from "../ports/index.ts";
import { type AppliedAction, applyAction, type BatchPorts, type BatchWork, batchActions } from "./batch-actions.ts";
import { type Job, maxJobItems } from "./job.ts";
import { startJob } from "./start-job.ts";

/** More become a job. */
export const maxAtOnce = 100;

interface Batch extends BatchWork {
	items: { ids: string[] } | { filter: ItemFilter };
}

/**
 * Applies an action to many items: at once to as many as a request can, else by a job.
 *
 * @param take takes requests of a class from the person's limits, all or none. @returns whether it did
 * @throws AppError of the action's argument; `too_many_items`, `too_many_jobs`; `item_not_found` where none of the ids is an item of the person
 */
export async function batchItems(
	ports: BatchPorts & Pick<Ports, "jobs">,
	userId: string,
	{ items, ...work }: Batch,
	take: (routeClass: RouteClass, units: number) => Promise<boolean>,
): Promise<AppliedAction | { job: Job }> {
	const { check, limit } = batchActions[work.action];
	await check?.(ports, userId, work.argument);
	const itemIds =
		"ids" in items ? [...new Set(items.ids)] : await ports.items.ids(userId, items.filter, maxJobItems + 1);
	if (itemIds.length > maxJobItems) {
		throw new AppError(
			"too_many_items",
			`More than ${maxJobItems} items match, which is the maximum of one job: narrow the filter, and send the others afterwards.`,
		);
	}
	const isAtOnce =
		itemIds.length <= maxAtOnce && (!limit || itemIds.length === 0 || (await take(limit, itemIds.length)));
	if (!isAtOnce) return { job: await startJob(ports, userId, { kind: "batch", input: work, itemIds }) };
	const applied = await applyAction(ports, userId, itemIds, work, null);
	const [first] = applied.failed;
	const isNone = applied.done.length === 0 && applied.failed.every(({ code }) => code === "item_not_found");
	if (first && isNone) throw itemNotFound(first.itemId);
	return applied;
}
