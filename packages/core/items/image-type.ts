import type { ImageType } from "./item.ts";

/** Detects the type of a file by its first bytes, whatever its name or declared type; null where it is not accepted. */
export function sniffImageType(bytes: Uint8Array): ImageType | null {
	const kind = detectKind(bytes);
	return kind.startsWith("image/") ? (kind as ImageType) : null;
}

/** Tells the owner in one sentence what the refused file is and what to do. */
export function describeRefusal(bytes: Uint8Array): string {
	const kind = detectKind(bytes);
	switch (kind) {
		case "empty":
			return `The file is empty: ${sendInstead}.`;
		case "HEIC photo":
			return "The file is a HEIC photo, which cannot be decoded here: export it as JPEG. On an iPhone, choose Most Compatible under Options when you share it, or under Settings, Camera, Formats for new photos.";
		case "unknown":
			return `The file is not an image of a known type: ${sendInstead}.`;
		default:
			return `The file is ${/^[AEIMS][A-Z]|^[aeiou]/.test(kind) ? "an" : "a"} ${kind}, which is not accepted: ${sendInstead}.`;
	}
}

const sendInstead = "send a PNG, JPEG, WebP, GIF or AVIF image";

type Kind = ImageType | RefusedKind;
type RefusedKind =
	| "empty"
	| "HEIC photo"
	| "SVG drawing"
	| "PDF document"
	| "TIFF image"
	| "BMP image"
	| "JPEG XL image"
	| "JPEG 2000 image"
	| "icon"
	| "Photoshop document"
	| "ZIP archive"
	| "web page"
	| "video"
	| "unknown";

/** Signatures at the start of a file; ISO media and text are examined separately. */
const signatures: [Kind, number[]][] = [
	["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
	["image/jpeg", [0xff, 0xd8, 0xff]],
	["image/gif", [0x47, 0x49, 0x46, 0x38, 0x37, 0x61]],
	["image/gif", [0x47, 0x49, 0x46, 0x38, 0x39, 0x61]],
	["PDF document", [0x25, 0x50, 0x44, 0x46, 0x2d]],
	["TIFF image", [0x49, 0x49, 0x2a, 0x00]],
	["TIFF image", [0x4d, 0x4d, 0x00, 0x2a]],
	["TIFF image", [0x49, 0x49, 0x2b, 0x00]],
	["JPEG XL image", [0xff, 0x0a]],
	["JPEG XL image", [0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20]],
	["JPEG 2000 image", [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20]],
	["JPEG 2000 image", [0xff, 0x4f, 0xff, 0x51]],
	["icon", [0x00, 0x00, 0x01, 0x00]],
	["Photoshop document", [0x38, 0x42, 0x50, 0x53]],
	["ZIP archive", [0x50, 0x4b, 0x03, 0x04]],
	["BMP image", [0x42, 0x4d]],
];

function detectKind(bytes: Uint8Array): Kind {
	if (bytes.length === 0) return "empty";
	for (const [kind, signature] of signatures) {
		if (signature.every((byte, index) => bytes[index] === byte)) return kind;
	}
	if (ascii(bytes, 0, 4) === "RIFF") {
		return ascii(bytes, 8, 12) === "WEBP" ? "image/webp" : "unknown";
	}
	if (ascii(bytes, 4, 8) === "ftyp") return detectIsoMediaKind(bytes);
	return detectTextKind(bytes);
}

const heifBrand = /^(?:hei[cxms]|hev[cxms]|mif1|mif2|msf1)$/;

/** Distinguishes AVIF, HEIC and video, which share one container, by its brands. HEIC files pass sharp's `metadata()` and then cannot be decoded. */
function detectIsoMediaKind(bytes: Uint8Array): Kind {
	const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
	const end = Math.min(size, bytes.length, 256);
	const brands = [ascii(bytes, 8, 12)];
	for (let offset = 16; offset + 4 <= end; offset += 4) {
		brands.push(ascii(bytes, offset, offset + 4));
	}
	if (brands.includes("avif") || brands.includes("avis")) return "image/avif";
	if (brands.some((brand) => heifBrand.test(brand))) return "HEIC photo";
	return "video";
}

function detectTextKind(bytes: Uint8Array): Kind {
	const start = ascii(bytes, 0, 2_048)
		.replaceAll("\0", "") // UTF-16 looks like ASCII between zeros
		.toLowerCase();
	if (!/^[^a-z0-9]{0,3}\s*</.test(start)) return "unknown"; // a byte order mark may come first
	if (/<([a-z]+:)?svg[\s/>]/.test(start)) return "SVG drawing";
	return /<!doctype html|<html/.test(start) ? "web page" : "unknown";
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
	return String.fromCharCode(...bytes.subarray(from, to));
}
