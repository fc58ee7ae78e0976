import type { ProcessedImage } from "./stages.ts";

/** Decodes an original and makes what is derived from it. */
export interface Images {
	/** @throws PermanentFailure where the bytes are no image this system accepts. */
	derive(
		bytes: Uint8Array,
	): Promise<ProcessedImage & { thumbnail: Uint8Array; vision: Uint8Array }>;
}
