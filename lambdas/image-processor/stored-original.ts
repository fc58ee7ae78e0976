import { z } from "zod";
import { originalStored } from "#core/events.ts";
import { parseOriginalKey } from "#core/item.ts";
import type { BusEvent } from "#lambda-kit/queue-handler.ts";

const objectCreated = z.object({
	bucket: z.object({ name: z.string() }),
	object: z.object({ key: z.string(), "version-id": z.string().optional() }),
});

interface StoredOriginal {
	key: string;
	versionId?: string;
	item_id: string;
	user_id: string;
	correlation_id?: string;
}

/**
 * The original an event speaks of: S3's own "Object Created", or the sweeper's restart. Null for what is
 * not an original of this bucket, so that a derived object can never start the pipeline.
 */
export function storedOriginal(
	event: BusEvent,
	bucket: string,
): StoredOriginal | null {
	if (event.source === "aws.s3") {
		const { bucket: of, object } = objectCreated.parse(event.detail);
		const owner = parseOriginalKey(object.key);
		if (of.name !== bucket || !owner) return null;
		return {
			key: object.key,
			versionId: object["version-id"],
			item_id: owner.itemId,
			user_id: owner.userId,
		};
	}
	const { original_key, ...ids } = originalStored.parse(event.detail);
	return { key: original_key, ...ids };
}
