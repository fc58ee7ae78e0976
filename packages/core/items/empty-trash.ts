import { Failures } from "../failures.ts";
import type { Ports } from "../ports/index.ts";
import { deleteItems } from "./delete-item.ts";

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
			// The person may have deleted or restored it meanwhile.
			const { missing } = await deleteItems(ports, userId, [itemId], { trashedBefore: before });
			deleted += 1 - missing.length;
		});
	}
	failures.throwIfAny(`${failures.errors.length} items of the trash were not deleted.`);
	return { deleted };
}
