import { beforeDeadline } from "../before-deadline.ts";
import { itemNotFound } from "../errors.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import { eventSources } from "../pipeline/stages.ts";
import type { Ports } from "../ports/index.ts";
import { deliveriesDueEvent } from "../webhooks/webhook.ts";

/** A deletion ends then; the sweeper redacts what is left. */
const maxRedactionMs = 3_000;

/**
 * Deletes an item: rows first, then every version of every object, and what chats hold of it. The tombstone stays for
 * the sweeper, which removes the objects that a crash in between, or a stage still at work, leaves behind; the redaction
 * stays for chats that a turn under way keeps.
 *
 * @throws AppError `item_not_found`
 */
export async function deleteItem(ports: DeletionPorts, userId: string, itemId: string): Promise<void> {
	const { missing } = await deleteItems(ports, userId, [itemId]);
	if (missing.length > 0) throw itemNotFound(itemId);
}

type DeletionPorts = Pick<Ports, "items" | "objects"> & Partial<Pick<Ports, "sessions" | "webhooks" | "events">>;

/** Deletions at once; a sandbox has two connections to the database. */
const parallelDeletions = 4;

/**
 * Deletes items as `deleteItem` does, with `trashedBefore` only those that came to the trash before it. Without `sessions`
 * the sweeper redacts the chats.
 * @returns those that there are not
 */
export async function deleteItems(
	{ items, objects, sessions, webhooks, events }: DeletionPorts,
	userId: string,
	itemIds: string[],
	options: { trashedBefore?: Date } = {},
): Promise<{ missing: string[] }> {
	const missing: string[] = [];
	const remove = async (itemId: string) => {
		if (await items.delete(userId, itemId, options)) await removeObjects({ objects }, userId, itemId);
		else missing.push(itemId);
	};
	for (let at = 0; at < itemIds.length; at += parallelDeletions) {
		await Promise.all(itemIds.slice(at, at + parallelDeletions).map(remove));
	}
	const deleted = itemIds.filter((id) => !missing.includes(id));
	if (deleted.length > 0 && sessions) {
		// The items are deleted even where the chats cannot be reached: the sweeper redacts them, and reports its failures.
		const redacted = sessions.redact(userId, deleted).catch(() => {});
		await beforeDeadline(new Date(Date.now() + maxRedactionMs), redacted);
	}
	if (deleted.length > 0 && webhooks && events) {
		// The row says what is to be delivered: the sweeper wakes the function where this does not.
		const wake = async () => {
			if (!(await webhooks.isDue(userId))) return;
			await events.publish(eventSources.api, [deliveriesDueEvent(userId, Date.now())]);
		};
		await wake().catch(() => {});
	}
	return { missing };
}
