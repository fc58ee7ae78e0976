import { createHash, randomUUID } from "node:crypto";
import { imageDescription } from "#core/items/analysis.ts";
import { cropWindows, type Fingerprint, lumaSide } from "#core/items/fingerprint.ts";
import type { Item } from "#core/items/item.ts";
import type { EventType, OutgoingEvent } from "#core/pipeline/events.ts";
import { embeddingDimensions, type NewAnalysis, type NewItem, type ProcessedImage } from "#core/ports/index.ts";
import { fakePlaceholder } from "#fakes/models.ts";

export const newUser = () => randomUUID();
export const digest = (text: string) => createHash("sha256").update(text).digest("hex");

export function newItem(userId: string, more: Partial<NewItem> = {}): NewItem {
	return {
		id: randomUUID(),
		userId,
		originalFilename: "shot.png",
		mimeType: "image/png",
		fileSize: 1234,
		sha256: null,
		correlationId: randomUUID(),
		...more,
	};
}

export function processed(more: Partial<ProcessedImage> = {}): ProcessedImage {
	return {
		width: 640,
		height: 480,
		sha256: digest(randomUUID()),
		takenAt: null,
		damaged: false,
		camera: null,
		location: null,
		colours: ["blue"],
		placeholder: fakePlaceholder,
		...looks(digest(randomUUID()).slice(0, 16), randomUUID()),
		...more,
	};
}

/** Returns a hash, the same for each crop, and a picture of stripes that differ with the seed. */
export function looks(perceptualHash: string, seed = "same"): Fingerprint {
	const stripes = Buffer.from(digest(seed), "hex");
	const luma = Uint8Array.from(
		{ length: lumaSide ** 2 },
		(_, cell) => ((stripes[(cell % lumaSide) % 32] ?? 0) + (stripes[Math.floor(cell / lumaSide) % 32] ?? 0)) / 2,
	);
	return { perceptualHash, cropHashes: cropWindows.map(() => perceptualHash), luma };
}

export interface Words {
	category?: string;
	headline?: string;
	summary?: string;
	labels?: string[];
	extracted?: string[];
}

export function newAnalysis(
	{ category = "Other", headline = "An image", summary = "", labels = [], extracted = [] }: Words = {},
	version = 1,
): NewAnalysis {
	return {
		id: randomUUID(),
		version,
		description: imageDescription.parse({
			category,
			headline,
			summary,
			image_details: { extracted_text: extracted, objects: labels },
			media_metadata: {},
		}),
		providerUsed: "test",
		modelUsed: "test-1",
		traceId: null,
		usage: [],
	};
}

export function newEvent<T extends EventType>(type: T, item: Item): OutgoingEvent<T> {
	return {
		id: randomUUID(),
		type,
		detail: { item_id: item.id, user_id: item.userId },
	} as unknown as OutgoingEvent<T>;
}

/** Returns the unit vector along one axis, leaning towards the next by `lean`. */
export function axis(index: number, lean = 0): Float32Array {
	const vector = new Float32Array(embeddingDimensions);
	const length = Math.hypot(1, lean);
	vector[index] = 1 / length;
	vector[index + 1] = lean / length;
	return vector;
}
