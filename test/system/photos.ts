import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** The time in every photo's EXIF. */
export const takenAt = "2024-05-06T05:08:09.000Z";

/**
 * Draws a photo like a phone's, held upright and with EXIF. Noise makes it large, since JPEG does not compress noise; only
 * a quarter of it is noise, since OCR spends seconds in proportion to the noise.
 */
export async function photo(
	megabytes: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; width: number; height: number }> {
	// At full quality noise takes 3.13 bytes per pixel.
	const short = Math.round(Math.sqrt((megabytes * 1024 * 1024) / 3.13 / 5));
	const [long, tall] = [short * 5, short * 4];
	const bytes = await sharp(randomBytes(long * short * 3), {
		raw: { width: long, height: short, channels: 3 },
	})
		.extend({ top: tall - short, background: "skyblue" })
		.withExif({
			IFD0: { Make: "Tester", Model: "T-1", Orientation: "6" },
			IFD2: {
				DateTimeOriginal: "2024:05:06 07:08:09",
				OffsetTimeOriginal: "+02:00",
			},
		})
		.withMetadata({ orientation: 6 })
		.jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
		.toBuffer();
	return { bytes: new Uint8Array(bytes), width: tall, height: long };
}
