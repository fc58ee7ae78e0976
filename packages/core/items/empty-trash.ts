import { AppError } from "../errors.ts";
import { Failures } from "../failures.ts";
import type { Ports } from "../ports/index.ts";
import { deleteItem } from "./delete-item.ts";

/** An item stays in the trash for so many days. */
export const trashDays = 30;
const dayMs = 86_400_000;
/** Of one sweep. */
const maxItems = 200;

/** Deletes for good the items that have been in the trash for 30 days, of each person in turn. */
export async function emptyTrash(
	ports: Pick<Ports, "items" | "objects" | "sessions" | "clock">,
	{ deadline }: { deadline: Date },
): Promise<{ deleted: number }> {
	const before = new Date(ports.clock.now().getTime() - trashDays * dayMs);
	const failures = new Failures();
	let deleted = 0;
	for (const { userId, itemId } of await ports.items.trashedBefore(before, maxItems)) {
		if (Date.now() > deadline.getTime()) break;
		await failures.collect(async () => {
			try {
				await deleteItem(ports, userId, itemId);
				deleted += 1;
			} catch (error) {
				// The person was faster.
				if (!(error instanceof AppError && error.code === "item_not_found")) throw error;
			}
		});
	}
	failures.throwIfAny(`${failures.errors.length} items of the trash were not deleted.`);
	return { deleted };
}
