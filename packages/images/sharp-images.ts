import { createHash } from "node:crypto";
import sharp, { type Metadata, type Sharp } from "sharp";
import { PermanentFailure } from "#core/errors.ts";
import { describeRefusal, sniffImageType } from "#core/items/image-type.ts";
import type { Images } from "#core/ports/index.ts";
import { dominantColours } from "./colours.ts";
import { parseExif } from "./exif.ts";
import { perceptualHash } from "./perceptual-hash.ts";

/** Above most phones' photos. A small file may claim 30,000 x 30,000. */
const maxPixels = 100_000_000;
/**
 * What a decoder may take of the function's 1024 MB: Node with its clients has 150, an original of 50 MB
 * twice its size while it arrives.
 */
const maxDecoderBytes = 600_000_000;
/** For people. */
export const maxThumbnailSide = 512;
/** What vision models look at; more is scaled down by them. */
const maxVisionSide = 1_568;
/** A decode beyond this is given up, so that a stage never hangs; retried, since the machine may just be busy. */
export const decodeSeconds = 25;

// Originals never repeat, so a cache only costs memory; one thread keeps one image's buffers, not eight.
sharp.cache(false);
sharp.concurrency(1);

/** Decodes by libvips, scaling while decoding, and only the first frame of an animation. */
export function sharpImages(): Images {
	return { derive };
}

async function derive(bytes: Uint8Array) {
	// Before sharp sees the bytes: it would accept SVG, which can reference files, and HEIC, which it cannot decode.
	if (!sniffImageType(bytes)) {
		throw new PermanentFailure({
			code: "unsupported_image",
			detail: describeRefusal(bytes),
		});
	}
	const metadata = await decoding(() =>
		sharp(bytes, { limitInputPixels: false }).metadata(),
	);
	const { width, height } = metadata.autoOrient;
	const most = pixelsAccepted(metadata);
	if (width * height > most) {
		const [accepted, remedy] =
			width * height > maxPixels
				? [maxPixels, "accepted: send a smaller version"]
				: [most, "accepted of its kind: send it as a plain JPEG"];
		throw new PermanentFailure({
			code: "too_many_pixels",
			detail: `The image has ${width} x ${height} pixels, more than the ${Math.floor(accepted / 1e6)} million that are ${remedy}.`,
		});
	}

	// The original is decoded once, no larger than needed; everything else is made from these pixels.
	const pixels = await decodeWithin(bytes, maxVisionSide, metadata);
	const decoded = () =>
		sharp(pixels.data, {
			raw: {
				width: pixels.info.width,
				height: pixels.info.height,
				channels: pixels.info.channels,
			},
		});
	// sharp writes no metadata unless told to, so neither position nor profile reaches what is derived.
	const [vision, thumbnail, colours, hash] = await Promise.all([
		decoded()
			.flatten({ background: "white" })
			// Codes made for the image save 5 % of its bytes, and take 10 MB and a fifth of all the time.
			.jpeg({ quality: 85, optimiseCoding: false })
			.toBuffer(),
		decoded()
			.resize(inside(maxThumbnailSide))
			.webp({ quality: 80, effort: 2 })
			.toBuffer(),
		coloursOf(decoded()),
		perceptualHash(decoded()),
	]);
	return {
		width,
		height,
		sha256: createHash("sha256").update(bytes).digest("hex"),
		...parseExif(metadata.exif),
		colours,
		perceptualHash: hash,
		thumbnail,
		vision,
	};
}

/**
 * The upright sRGB pixels of an image, scaled to fit a square while they are decoded: the whole is never in
 * memory where its format allows.
 */
export function decodeWithin(
	bytes: Uint8Array,
	side: number,
	metadata: Metadata,
) {
	const scaled = () =>
		sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" })
			.timeout({ seconds: decodeSeconds })
			.autoOrient()
			.resize(inside(side));
	return decoding(async () => {
		if (!hasProfileOfRgb(metadata)) {
			return scaled()
				.toColourspace("srgb")
				.raw()
				.toBuffer({ resolveWithObject: true });
		}
		// sharp converts colours before it scales: of a phone's 12 megapixels that is 3/4 of the decode's time.
		// The profile goes with the scaled pixels, and is applied as they are read again.
		const profiled = await scaled()
			.keepIccProfile()
			.tiff({ compression: "none" })
			.toBuffer();
		return sharp(profiled).raw().toBuffer({ resolveWithObject: true });
	});
}

/** Whether the colours of a photo are to be converted by its own profile, as those of phones are: mostly Display P3. */
function hasProfileOfRgb({ icc, space, depth, hasAlpha }: Metadata): boolean {
	return Boolean(icc) && space === "srgb" && depth === "uchar" && !hasAlpha;
}

/** How many pixels of an image are decoded within the memory there is. */
function pixelsAccepted(metadata: Metadata): number {
	return Math.min(maxPixels, maxDecoderBytes / bytesPerPixel(metadata));
}

/**
 * What a decoder holds for each pixel, measured with 40 to 100 megapixels: these have the whole image in
 * memory before the first row comes out. What is not named needs 5 bytes at most, which `maxPixels` covers.
 */
function bytesPerPixel({ format, ...image }: Metadata): number {
	// The container's name for AVIF; a sample of more than 8 bits is kept in two bytes.
	if (format === "heif") return image.depth === "uchar" ? 18 : 24;
	if (!image.isProgressive) return 5;
	const samples = image.channels * (image.depth === "uchar" ? 1 : 2);
	// Of a progressive JPEG all coefficients, two bytes each; of an interlaced PNG the pixels.
	return format === "jpeg" ? samples * 2 : samples * 1.2;
}

function inside(side: number) {
	return {
		width: side,
		height: side,
		fit: "inside",
		withoutEnlargement: true,
	} as const;
}

async function coloursOf(image: Sharp): Promise<string[]> {
	const small = await image
		.resize(64, 64, { fit: "fill", kernel: "nearest" })
		.flatten({ background: "white" })
		.toColourspace("srgb")
		.raw()
		.toBuffer();
	return dominantColours(small);
}

async function decoding<T>(decode: () => Promise<T>): Promise<T> {
	try {
		return await decode();
	} catch (error) {
		if (error instanceof Error && error.message.includes("timeout")) {
			throw new Error(`The image was not decoded in ${decodeSeconds} s.`, {
				cause: error,
			});
		}
		throw new PermanentFailure(
			{
				code: "undecodable_image",
				detail:
					"The image is damaged or incomplete and cannot be decoded: export it again from where it came and upload that.",
			},
			error,
		);
	}
}
