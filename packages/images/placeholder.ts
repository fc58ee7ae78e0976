import type { Sharp } from "sharp";
import { rgbaToThumbHash } from "thumbhash";

/** The format takes no larger picture. */
const maxSide = 100;

/** Returns a blurred picture of about 25 bytes (ThumbHash), in base64. It keeps proportions and transparency. */
export async function placeholderOf(image: Sharp): Promise<string> {
	const { data, info } = await image
		.resize({ width: maxSide, height: maxSide, fit: "inside", withoutEnlargement: true })
		.toColourspace("srgb")
		.ensureAlpha()
		.raw()
		.toBuffer({ resolveWithObject: true });
	return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
}
