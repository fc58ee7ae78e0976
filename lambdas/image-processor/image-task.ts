import { z } from "zod";
import { parseOriginalKey } from "#core/items/item.ts";
import { originalStored, type ResizeRequested, resizeRequested } from "#core/pipeline/events.ts";
import type { StoredVersion } from "#core/pipeline/process-image.ts";
import type { BusEvent } from "#lambda-kit/queue-handler.ts";

const objectCreated = z.object({
	bucket: z.object({ name: z.string() }),
	object: z.object({ key: z.string(), etag: z.string(), "version-id": z.string().optional() }),
});

interface StoredOriginal {
	key: string;
	announced?: StoredVersion;
	item_id: string;
	user_id: string;
	correlation_id?: string;
}

/**
 * Reads the task of an event: an original to process (S3's own "Object Created", or the sweeper's
 * restart), or an item whose derived images are made anew. Null for anything but an original of this bucket,
 * so that a derived object can never start the pipeline.
 */
export function imageTask(
	{ source, "detail-type": type, detail }: BusEvent,
	bucket: string,
): StoredOriginal | ResizeRequested | null {
	if (source === "aws.s3") {
		const { bucket: eventBucket, object } = objectCreated.parse(detail);
		const owner = parseOriginalKey(object.key);
		if (eventBucket.name !== bucket || !owner) return null;
		const { key, etag, "version-id": id } = object;
		return {
			key,
			...(id && { announced: { id, etag } }),
			item_id: owner.itemId,
			user_id: owner.userId,
		};
	}
	if (type === "ResizeRequested") return resizeRequested.parse(detail);
	const { original_key, ...ids } = originalStored.parse(detail);
	return { key: original_key, ...ids };
}
