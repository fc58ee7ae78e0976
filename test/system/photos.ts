import { randomBytes } from "node:crypto";
import sharp from "sharp";

/** When every photo here was taken, by its EXIF. */
export const takenAt = "2024-05-06T05:08:09.000Z";

/**
 * A photo as a phone takes it, held upright and with EXIF. Noise makes it large, since no JPEG makes noise small; but
 * only a quarter of it is noise, in which OCR looks for letters for as many seconds as there is much of it.
 */
export async function photo(
	megabytes: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; width: number; height: number }> {
	// At full quality noise has 3.13 bytes a pixel.
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
