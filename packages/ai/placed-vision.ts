import { setTimeout as sleep } from "node:timers/promises";
import type { ImageDescription } from "#core/items/analysis.ts";
import type { Vision, VisionRequest } from "#core/ports/index.ts";

type TextLines = NonNullable<ImageDescription["image_details"]["text_lines"]>;

/** Reads where the text of a picture stands. */
export type ReadLines = (request: VisionRequest) => Promise<TextLines>;

/** A model takes 5 to 40 s, and OCR mostly less than 5: rarely is it waited for at all. */
const maxWaitMs = 5_000;

/**
 * Has OCR read the picture beside the model, which does not say where text stands. The description never fails, and
 * hardly ever waits, for its places.
 * @param onUnread is told why a picture has no places
 */
export function placedVision(vision: Vision, readLines: ReadLines, onUnread: (reason: unknown) => void): Vision {
	return {
		async describe(request) {
			const reading = readLines(request).catch((error: unknown) => {
				onUnread(error);
				return null;
			});
			const { description, ...answer } = await vision.describe(request);
			const left = request.deadline.getTime() - Date.now() - maxWaitMs;
			const ended = new AbortController();
			const lines = await Promise.race([
				reading,
				sleep(Math.min(maxWaitMs, Math.max(0, left)), "late" as const, { signal: ended.signal }),
			]);
			ended.abort();
			if (lines === "late") onUnread(new Error("The OCR of the picture took longer than its model."));
			// A model that claims places of its own has made them up.
			const { text_lines: _, ...details } = description.image_details;
			const placed = lines === null || lines === "late" ? details : { ...details, text_lines: lines };
			return { ...answer, description: { ...description, image_details: placed } };
		},
	};
}
