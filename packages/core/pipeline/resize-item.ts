import { PermanentFailure } from "../errors.ts";
import { originalKey, thumbnailKey, visionKey } from "../items/item.ts";
import { takenAtOfFilename } from "../items/taken-at.ts";
import type { Ports } from "../ports/index.ts";
import type { ResizeRequested } from "./events.ts";
import { originalMissing } from "./item-errors.ts";
import { removeObjects } from "./process-image.ts";
import { runStage, type StageOptions, type StageOutcome } from "./run-stage.ts";

/** Derives an item's images again from its original, as a person requested. */
export async function resizeItem(
	ports: Pick<Ports, "items" | "stages" | "outbox" | "events" | "objects" | "images">,
	{
		user_id: userId,
		item_id: itemId,
		request_id: requestId,
	}: Pick<ResizeRequested, "user_id" | "item_id" | "request_id">,
	options: StageOptions,
): Promise<StageOutcome> {
	const { items, objects, images, stages } = ports;
	const outcome = await runStage(ports, "process", { userId, itemId, requestId }, options, async ({ lease, item }) => {
		const original = await objects.get(originalKey(item));
		if (!original) {
			throw new PermanentFailure(originalMissing);
		}
		const { thumbnail, vision, ...result } = await images.derive(original);
		result.takenAt ??= takenAtOfFilename(item.originalFilename, item.createdAt);
		await objects.put(thumbnailKey(userId, itemId), thumbnail, "image/webp");
		await objects.put(visionKey(userId, itemId), vision, "image/jpeg");
		return stages.commitResized(lease, result);
	});
	// The item may have been deleted before the claim, or while this stage wrote its objects.
	const exists = outcome === "committed" || (await items.find(userId, itemId));
	if (!exists) await removeObjects(ports, userId, itemId);
	return outcome;
}
