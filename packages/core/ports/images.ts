import type { ProcessedImage } from "./stages.ts";

/** A picture's pixels, upright and opaque: rows of red, green and blue, a byte each. */
export interface Pixels {
	data: Uint8Array<ArrayBuffer>;
	width: number;
	height: number;
}

/** Decodes originals and derives images from them. */
export interface Images {
	/** @throws PermanentFailure where the bytes are not an accepted image */
	derive(bytes: Uint8Array): Promise<ProcessedImage & { thumbnail: Uint8Array; vision: Uint8Array }>;
	/**
	 * Decodes an accepted image at its full size, scaled down where it has more than `maxPixels`.
	 * Null where its format needs more memory for that than a function has beside its work.
	 */
	pixels(bytes: Uint8Array, maxPixels: number): Promise<Pixels | null>;
}
