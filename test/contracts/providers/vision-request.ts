import type { VisionRequest } from "#core/ports/index.ts";
import { inSeconds } from "./calls.ts";

/** A request of which nothing but the named fields matters. */
export const visionRequest = (fields: Partial<VisionRequest> = {}): VisionRequest => ({
	image: Uint8Array.of(0xff, 0xd8, 0xff),
	pixels: () => Promise.reject(new Error("Nobody needs these pixels.")),
	originalFilename: "a.png",
	sha256: null,
	width: 1,
	height: 1,
	takenAt: null,
	camera: null,
	colours: [],
	knownTags: [],
	deadline: inSeconds(10),
	...fields,
});
