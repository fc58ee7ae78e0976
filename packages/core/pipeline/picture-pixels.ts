import type { Images, Pixels } from "../ports/index.ts";

/** Decodes an original. Where it is gone or takes too much memory, the image that was derived from it has to do. */
export async function picturePixels(
	images: Pick<Images, "pixels">,
	original: Uint8Array | null,
	derived: Uint8Array,
	maxPixels: number,
): Promise<Pixels> {
	const pixels = (original && (await images.pixels(original, maxPixels))) ?? (await images.pixels(derived, maxPixels));
	if (!pixels) throw new Error("The derived image takes too much memory.");
	return pixels;
}
