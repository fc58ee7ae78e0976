import type { ProcessedImage } from "./stages.ts";

/** Decodes originals and derives images from them. */
export interface Images {
	/** @throws PermanentFailure where the bytes are not an accepted image */
	derive(bytes: Uint8Array): Promise<ProcessedImage & { thumbnail: Uint8Array; vision: Uint8Array }>;
}
