import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { describeRefusal, sniffImageType } from "#core/items/image-type.ts";

const text = (content: string) => new TextEncoder().encode(content);
const isoMedia = (...brands: string[]) =>
	text(`\0\0\0${String.fromCharCode(12 + brands.length * 4)}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join("")}mdat`);
const drawn = sharp({
	create: { width: 8, height: 8, channels: 3, background: "red" },
});

describe("the type of a file", () => {
	it.each(["png", "jpeg", "webp", "gif", "avif"] as const)("is recognised by content for %s", async (format) => {
		const bytes = await drawn.clone().toFormat(format).toBuffer();
		expect(sniffImageType(bytes)).toBe(`image/${format}`);
	});

	it("is AVIF if any brand says so, even after a HEIF brand", () => {
		expect(sniffImageType(isoMedia("mif1", "mif1", "avif", "miaf"))).toBe("image/avif");
		expect(sniffImageType(isoMedia("avis", "msf1"))).toBe("image/avif");
	});

	it.each([
		["HEIC", isoMedia("heic", "mif1", "heic")],
		["HEIC", isoMedia("mif1", "mif1", "miaf")],
		["video", isoMedia("isom", "mp42")],
		["SVG", text('<svg xmlns="http://www.w3.org/2000/svg"/>')],
		["SVG", text('\uFEFF<?xml version="1.0"?>\n<!-- a -->\n<svg:svg/>')],
		["SVG", new Uint8Array(Buffer.from("\uFEFF<svg/>", "utf16le"))],
		["web page", text("<!DOCTYPE html><html></html>")],
		["PDF", text("%PDF-1.7")],
		["TIFF", text("II*\0")],
		["BMP", text("BM")],
		["ZIP", text("PK\x03\x04")],
		["empty", new Uint8Array()],
		["known type", text("hello")],
		["known type", text("RIFF....WAVE")],
		["known type", new Uint8Array([0xff])],
		["known type", new Uint8Array(4_096)],
	])("is refused with a sentence that names %s", (name, bytes) => {
		expect(sniffImageType(bytes)).toBeNull();
		expect(describeRefusal(bytes)).toContain(name);
		expect(describeRefusal(bytes)).toMatch(/^The file is [^\n]+: .+\.$/);
	});

	it("is refused for a HEIC photo with the advice how to export it", () => {
		expect(describeRefusal(isoMedia("heic"))).toBe(
			"The file is a HEIC photo, which cannot be decoded here: export it as JPEG. On an iPhone, choose Most Compatible under Options when you share it, or under Settings, Camera, Formats for new photos.",
		);
	});

	it("is detected from the first bytes alone", () => {
		const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
		expect(sniffImageType(new Uint8Array([...png, 1, 2]))).toBe("image/png");
		expect(sniffImageType(new Uint8Array(png.slice(0, 7)))).toBeNull();
	});
});
