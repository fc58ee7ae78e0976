import { PermanentFailure } from "./errors.ts";
import { eventSources } from "./events.ts";
import { derivedId } from "./ids.ts";
import {
	itemPrefixes,
	originalKey,
	parseOriginalKey,
	thumbnailKey,
	visionKey,
} from "./item.ts";
import type { Ports } from "./ports.ts";
import { runStage, type StageOptions, type StageOutcome } from "./run-stage.ts";

/** Decodes an original once: thumbnail, picture for the vision model, and what its EXIF tells. */
export async function processImage(
	ports: Pick<Ports, "stages" | "outbox" | "events" | "objects" | "images">,
	{ key }: { key: string },
	options: StageOptions,
): Promise<StageOutcome> {
	const { objects, images, stages } = ports;
	const of = parseOriginalKey(key);
	if (!of) return "skipped";
	const { userId, itemId } = of;

	const outcome = await runStage(
		ports,
		eventSources.imageProcessor,
		"process",
		of,
		options,
		async (lease, item) => {
			if (key !== originalKey(item)) return false;
			const original = await objects.get(key);
			if (!original) {
				throw new PermanentFailure({
					code: "upload_missing",
					detail: "The uploaded file is not in storage: upload it again.",
				});
			}
			const { thumbnail, vision, ...result } = await images.derive(original);
			await objects.put(thumbnailKey(userId, itemId), thumbnail, "image/webp");
			await objects.put(visionKey(userId, itemId), vision, "image/jpeg");
			return stages.commitProcessed(lease, result, {
				id: derivedId(lease.token, "ImageProcessed"),
				type: "ImageProcessed",
				detail: {
					version: 1,
					correlation_id: item.correlationId,
					item_id: itemId,
					user_id: userId,
					bucket: objects.bucket,
					original_key: key,
					thumbnail_key: thumbnailKey(userId, itemId),
				},
			});
		},
	);
	if (outcome === "gone") await removeObjects(ports, userId, itemId);
	return outcome;
}

/** What is deleted never comes back: bytes that arrive or are derived after the deletion go, too. */
export async function removeObjects(
	{ objects }: Pick<Ports, "objects">,
	userId: string,
	itemId: string,
): Promise<void> {
	for (const prefix of itemPrefixes(userId, itemId)) {
		await objects.deleteAll(prefix);
	}
}
