import { createHash } from "node:crypto";
import sharp, { type FailOnOptions, type Metadata, type Sharp } from "sharp";
import { PermanentFailure } from "#core/errors.ts";
import { describeRefusal, sniffImageType } from "#core/items/image-type.ts";
import type { Images, Pixels } from "#core/ports/index.ts";
import { dominantColours } from "./colours.ts";
import { parseExif } from "./exif.ts";
import { fingerprint } from "./fingerprint.ts";
import { isNearlyWhole } from "./missing-part.ts";
import { placeholderOf } from "./placeholder.ts";

/** More than most phones' photos have. A small file may claim 30,000 x 30,000. */
const maxPixels = 100_000_000;
/**
 * A decoder's share of the function's 1024 MB. Node with its clients takes 150; an original of 50 MB takes
 * twice its size while it is downloaded.
 */
const maxDecoderBytes = 600_000_000;
/** A decoder's share where models are in memory, too. */
const maxDecoderBytesBesideModels = 250_000_000;
/** The mean brightness, of 255, above which a transparent picture is light. */
const minLight = 170;
/** The longest side of the thumbnail. */
export const maxThumbnailSide = 512;
/** The longest side of the vision image; models scale down larger ones. */
export const maxVisionSide = 1_568;
/** Aborts a longer decode, so that a stage never hangs. The queue retries it, since the machine may be busy. */
export const decodeSeconds = 25;

// Originals never repeat, so a cache only costs memory; one thread keeps one image's buffers, not eight.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Derives images with libvips, which scales while it decodes, from the first frame of an animation.
 * @param seconds the longest decode
 */
export function sharpImages(seconds = decodeSeconds): Images {
	return { derive: (bytes) => derive(bytes, seconds), pixels };
}

async function derive(bytes: Uint8Array, seconds: number) {
	// Checked before sharp reads the bytes: it accepts SVG, which can reference files, and HEIC, which it cannot decode.
	if (!sniffImageType(bytes)) {
		throw new PermanentFailure({
			code: "unsupported_image",
			detail: describeRefusal(bytes),
		});
	}
	const metadata = await readMetadata(bytes, seconds);
	const { width, height } = metadata.autoOrient;
	const maxOfFormat = pixelsAccepted(metadata);
	if (width * height > maxOfFormat) {
		const [accepted, remedy] =
			width * height > maxPixels
				? [maxPixels, "accepted: send a smaller version"]
				: [maxOfFormat, "accepted of its kind: send it as a plain JPEG"];
		throw new PermanentFailure({
			code: "too_many_pixels",
			detail: `The image has ${width} x ${height} pixels, more than the ${Math.floor(accepted / 1e6)} million that are ${remedy}.`,
		});
	}

	// The original is decoded once, no larger than needed; everything else is made from these pixels.
	const { decoded: pixels, damaged } = await decodeLeniently(bytes, maxVisionSide, metadata, seconds);
	const decoded = () =>
		sharp(pixels.data, {
			raw: {
				width: pixels.info.width,
				height: pixels.info.height,
				channels: pixels.info.channels,
			},
		});
	// sharp writes no metadata by default, so neither position nor profile reaches derived images.
	const [vision, thumbnail, colours, looks, placeholder] = await Promise.all([
		decoded()
			.flatten({ background: await backgroundOf(decoded()) })
			// Optimized Huffman codes save 5 % of the bytes, but take 10 MB and a fifth of the total time.
			.jpeg({ quality: 85, optimiseCoding: false })
			.toBuffer(),
		decoded().resize(inside(maxThumbnailSide)).webp({ quality: 80, effort: 2 }).toBuffer(),
		coloursOf(decoded()),
		fingerprint(decoded()),
		placeholderOf(decoded()),
	]);
	return {
		width,
		height,
		sha256: createHash("sha256").update(bytes).digest("hex"),
		...parseExif(metadata.exif),
		damaged,
		colours,
		...looks,
		placeholder,
		thumbnail,
		vision,
	};
}

/** Reads the header of a damaged file, too. */
const readMetadata = (bytes: Uint8Array, seconds: number) =>
	decoding(() => sharp(bytes, { limitInputPixels: false, failOn: "none" }).metadata(), seconds);

/** Decodes a damaged file, too, where nearly all of its picture is there. */
async function decodeLeniently(bytes: Uint8Array, side: number, metadata: Metadata, seconds: number) {
	try {
		return { decoded: await decodeWithin(bytes, side, metadata, seconds), damaged: false };
	} catch (error) {
		const isUndecodable = error instanceof PermanentFailure && error.error.code === "undecodable_image";
		if (!isUndecodable || !(await isNearlyWhole(bytes, metadata, seconds))) throw error;
		return { decoded: await decodeWithin(bytes, side, metadata, seconds, "none"), damaged: true };
	}
}

/**
 * Decodes an image to upright sRGB pixels that fit a square. If its format allows, it scales while it decodes, so the full
 * image is never in memory.
 */
export function decodeWithin(
	bytes: Uint8Array,
	side: number,
	metadata: Metadata,
	seconds = decodeSeconds,
	failOn: FailOnOptions = "error",
) {
	const scaled = () =>
		sharp(bytes, { limitInputPixels: maxPixels, failOn }).timeout({ seconds }).autoOrient().resize(inside(side));
	return decoding(async () => {
		if (!hasProfileOfRgb(metadata)) {
			return scaled().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
		}
		// sharp converts colours before it scales, which is 3/4 of the decode's time for a phone's 12 megapixels.
		// So the scaled pixels keep their profile, which is applied when they are read again.
		const profiled = await scaled().keepIccProfile().tiff({ compression: "none" }).toBuffer();
		return sharp(profiled).raw().toBuffer({ resolveWithObject: true });
	}, seconds);
}

async function pixels(bytes: Uint8Array, max: number): Promise<Pixels | null> {
	const metadata = await readMetadata(bytes, decodeSeconds);
	const { width, height } = metadata.autoOrient;
	const isStreamed = !metadata.isProgressive && ["jpeg", "png"].includes(metadata.format ?? "");
	if (!isStreamed && width * height * bytesPerPixel(metadata) > maxDecoderBytesBesideModels) return null;
	const side = Math.floor(Math.max(width, height) * Math.min(1, Math.sqrt(max / (width * height))));
	const {
		decoded: { data, info },
	} = await decodeLeniently(bytes, side, metadata, decodeSeconds);
	const decoded = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
	const rgb =
		info.channels === 3
			? data
			: await decoded
					.flatten({ background: await backgroundOf(decoded) })
					.toColourspace("srgb")
					.raw()
					.toBuffer();
	return { data: new Uint8Array(rgb), width: info.width, height: info.height };
}

/** Returns the background on which a picture's opaque parts are seen: black where they are light, else white. */
async function backgroundOf(image: Sharp): Promise<"black" | "white"> {
	const { hasAlpha } = await image.metadata();
	if (!hasAlpha) return "white";
	const small = await image.clone().resize(inside(64)).toColourspace("srgb").ensureAlpha().raw().toBuffer();
	let [light, opacity] = [0, 0];
	for (let at = 0; at < small.length; at += 4) {
		const [red = 0, green = 0, blue = 0, alpha = 0] = small.subarray(at, at + 4);
		light += ((red * 2 + green * 5 + blue) / 8) * alpha;
		opacity += alpha;
	}
	return light > opacity * minLight ? "black" : "white";
}

/** Detects a photo whose own profile converts its colours, as phones' mostly Display P3 does. */
function hasProfileOfRgb({ icc, space, depth, hasAlpha }: Metadata): boolean {
	return Boolean(icc) && space === "srgb" && depth === "uchar" && !hasAlpha;
}

/** Returns the maximum number of pixels that fit the decoder's memory. */
function pixelsAccepted(metadata: Metadata): number {
	return Math.min(maxPixels, maxDecoderBytes / bytesPerPixel(metadata));
}

/**
 * Returns a decoder's bytes per pixel, measured with 40 to 100 megapixels: these formats hold the whole image in memory
 * before they output the first row. Others need at most 5 bytes, which `maxPixels` covers.
 */
function bytesPerPixel({ format, ...image }: Metadata): number {
	// "heif" is AVIF's container. A sample of more than 8 bits takes two bytes.
	if (format === "heif") return image.depth === "uchar" ? 18 : 24;
	if (!image.isProgressive) return 5;
	const samples = image.channels * (image.depth === "uchar" ? 1 : 2);
	// A progressive JPEG holds all coefficients, two bytes each; an interlaced PNG holds the pixels.
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

async function decoding<T>(decode: () => Promise<T>, seconds = decodeSeconds): Promise<T> {
	try {
		return await decode();
	} catch (error) {
		if (error instanceof Error && error.message.includes("timeout")) {
			throw new Error(`The image was not decoded in ${seconds} s.`, {
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
