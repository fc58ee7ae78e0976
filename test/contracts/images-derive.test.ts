import { createHash } from "node:crypto";
import sharp from "sharp";
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from "thumbhash";
import { describe, expect, it } from "vitest";
import { PermanentFailure } from "#core/errors.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { seeded } from "#tools/random.ts";
import { hugePng } from "../system/huge-png.ts";
import { avifSaying, formats, jpegSegments, noisy, plain, webpChunks } from "./odd-images.ts";

const images = sharpImages();

async function refusal(bytes: Uint8Array) {
	const error = await images.derive(bytes).then(
		() => null,
		(error: unknown) => error,
	);
	if (!(error instanceof PermanentFailure)) {
		throw new Error(`Not a permanent failure: ${error}`);
	}
	return error.error;
}

describe("deriving from an original", () => {
	it.each(formats)("makes a thumbnail and a vision image from %s", async (format) => {
		const bytes = await plain(2_000, 1_000).toFormat(format).toBuffer();
		const derived = await images.derive(bytes);
		expect(derived).toMatchObject({
			width: 2_000,
			height: 1_000,
			colours: ["blue"],
		});
		expect(await sharp(derived.thumbnail).metadata()).toMatchObject({
			format: "webp",
			width: 512,
			height: 256,
		});
		expect(await sharp(derived.vision).metadata()).toMatchObject({
			format: "jpeg",
			width: 1_568,
			height: 784,
		});
	});

	it.each(["png", "jpeg"] as const)("makes a placeholder that has the colour and the shape of a %s", async (format) => {
		const bytes = await plain(2_000, 1_000).toFormat(format).toBuffer();
		const { placeholder } = await images.derive(bytes);
		const hash = Buffer.from(placeholder, "base64");
		expect(hash.length).toBeLessThanOrEqual(25);
		expect(thumbHashToApproximateAspectRatio(hash)).toBeGreaterThan(1.5);
		const { r, g, b, a } = thumbHashToAverageRGBA(hash);
		expect(Math.min(b - r, b - g)).toBeGreaterThan(0.2);
		expect(a).toBe(1);
	});

	it("returns the digest of the original's bytes", async () => {
		const bytes = await plain(10, 10).png().toBuffer();
		const { sha256 } = await images.derive(bytes);
		expect(sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
	});

	it("never enlarges", async () => {
		const bytes = await plain(40, 30).png().toBuffer();
		const { thumbnail, vision } = await images.derive(bytes);
		for (const derived of [thumbnail, vision]) {
			expect(await sharp(derived).metadata()).toMatchObject({
				width: 40,
				height: 30,
			});
		}
	});

	it.each([
		["grey", plain(60, 40).grayscale().png()],
		["16-bit", plain(60, 40).toColourspace("rgb16").png()],
		["palette", plain(60, 40).png({ palette: true })],
		["CMYK", plain(60, 40).toColourspace("cmyk").jpeg()],
		["transparent", plain(60, 40).ensureAlpha(0.5).png()],
		["grey with transparency", plain(60, 40).grayscale().ensureAlpha(0.5).png()],
	])("accepts %s pixels", async (_, image) => {
		const { thumbnail, vision } = await images.derive(await image.toBuffer());
		expect((await sharp(thumbnail).metadata()).width).toBe(60);
		expect((await sharp(vision).metadata()).space).toMatch(/srgb|b-w/);
	});

	it("flattens transparency onto white for the model", async () => {
		const bytes = await sharp({
			create: { width: 20, height: 20, channels: 4, background: "#00000000" },
		})
			.png()
			.toBuffer();
		const { vision, colours } = await images.derive(bytes);
		const { channels } = await sharp(vision).stats();
		expect(channels.map(({ min }) => min)).toEqual([255, 255, 255]);
		expect(colours).toEqual(["white"]);
	});

	it("converts a photo's colours by its own profile", async () => {
		const bytes = await plain(2_000, 1_000, "#ff0000").withIccProfile("p3").jpeg().toBuffer();
		const redOf = async (image: Uint8Array, ignoreIcc: boolean) => {
			const { channels } = await sharp(image, { ignoreIcc }).stats();
			return Math.round(channels[0]?.mean ?? 0);
		};
		expect(await redOf(bytes, true)).toBeLessThan(240); // sRGB's red in Display P3
		const { vision, thumbnail } = await images.derive(bytes);
		for (const derived of [vision, thumbnail]) {
			expect(await redOf(derived, true)).toBeGreaterThan(250);
			expect((await sharp(derived).metadata()).icc).toBeUndefined();
		}
	});

	it("leaves the colours unconverted if the profile is broken", async () => {
		const bytes = await plain(2_000, 1_000, "#ff0000").withIccProfile("p3").jpeg().toBuffer();
		const start = bytes.indexOf("ICC_PROFILE\0") + 14;
		bytes.fill(0, start + 4, start + 400);
		expect((await sharp(bytes).metadata()).icc).toBeDefined();
		const { width, colours, vision } = await images.derive(bytes);
		expect({ width, colours }).toEqual({ width: 2_000, colours: ["red"] });
		expect((await sharp(vision).metadata()).width).toBe(1_568);
	});

	it("uses only the first frame of an animation", async () => {
		const frames = await Promise.all(
			["#d02020", "#20d020", "#2020d0"].map((colour) => plain(30, 20, colour).png().toBuffer()),
		);
		for (const format of ["gif", "webp"] as const) {
			const bytes = await sharp(frames, { join: { animated: true } })
				.toFormat(format)
				.toBuffer();
			expect((await sharp(bytes).metadata()).pages).toBe(3);
			expect(await images.derive(bytes)).toMatchObject({
				width: 30,
				height: 20,
				colours: ["red"],
			});
		}
	});
});

describe("EXIF", () => {
	const photo = (camera: Record<string, string>, taken: Record<string, string> = {}) =>
		plain(30, 20)
			.jpeg()
			.withExif({
				IFD0: camera,
				IFD2: taken,
				IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" },
			})
			.toBuffer();

	/** Makes a camera's stored pixels: upright, red is at the top left and green at the right. */
	const stored = async (orientation: number) => {
		const square = (colour: string) => plain(40, 40, colour).png().toBuffer();
		const upright = await plain(120, 80, "#2040d0")
			.composite([
				{ input: await square("#ff0000"), left: 0, top: 0 },
				{ input: await square("#00ff00"), left: 80, top: 0 },
			])
			.png()
			.toBuffer();
		// The inverse transformation of each orientation.
		const image = sharp(upright);
		switch (orientation) {
			case 2:
				return image.flop();
			case 3:
				return image.rotate(180);
			case 4:
				return image.flip();
			case 5:
				return sharp(await image.rotate(90).toBuffer()).flop();
			case 6:
				return image.rotate(-90);
			case 7:
				return sharp(await image.rotate(-90).toBuffer()).flop();
			case 8:
				return image.rotate(90);
			default:
				return image;
		}
	};

	it.each(
		[1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) =>
			(["jpeg", "png", "webp"] as const).map((format) => [orientation, format] as const),
		),
	)("turns the image upright: orientation %i of %s", async (orientation, format) => {
		const image = await stored(orientation);
		const bytes = await image.withMetadata({ orientation }).toFormat(format, { quality: 100 }).toBuffer();
		expect((await sharp(bytes).metadata()).width).toBe(orientation < 5 ? 120 : 80);
		const derived = await images.derive(bytes);
		expect(derived).toMatchObject({ width: 120, height: 80 });
		for (const upright of [derived.thumbnail, derived.vision]) {
			const { data, info } = await sharp(upright).raw().toBuffer({ resolveWithObject: true });
			expect(info).toMatchObject({ width: 120, height: 80 });
			const strongest = (x: number, y: number) => {
				const at = (y * 120 + x) * info.channels;
				const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
				return ["red", "green", "blue"][[red, green, blue].indexOf(Math.max(red, green, blue))];
			};
			expect([strongest(20, 20), strongest(100, 20)]).toEqual(["red", "green"]);
			expect([strongest(20, 60), strongest(100, 60)]).toEqual(["blue", "blue"]);
		}
	});

	it("has the time with its offset, and the camera", async () => {
		const bytes = await photo(
			{ Make: "Canon", Model: "Canon EOS R6" },
			{
				DateTimeOriginal: "2024:06:14 09:35:00",
				OffsetTimeOriginal: "+02:00",
			},
		);
		expect(await images.derive(bytes)).toMatchObject({
			takenAt: {
				instant: new Date("2024-06-14T07:35:00Z"),
				local: "2024-06-14T09:35:00",
				offset: "+02:00",
				source: "exif",
			},
			camera: "Canon EOS R6",
		});
	});

	it("is read as UTC without an offset, and names the maker once", async () => {
		const bytes = await photo({ Make: "Apple", Model: "iPhone 15" }, { DateTimeOriginal: "2024:06:14 09:35:00" });
		expect(await images.derive(bytes)).toMatchObject({
			takenAt: { instant: new Date("2024-06-14T09:35:00Z"), local: "2024-06-14T09:35:00", offset: null },
			camera: "Apple iPhone 15",
		});
	});

	it.each(["0000:00:00 00:00:00", "2024:02:30 09:35:00", "2024:06:14 24:00:00", "    :  :     :  :  ", "yesterday"])(
		"has no time for %j",
		async (dateTime) => {
			const bytes = await photo({}, { DateTimeOriginal: dateTime });
			expect(await images.derive(bytes)).toMatchObject({
				takenAt: null,
				camera: null,
			});
		},
	);

	it("that is broken does not fail the image", async () => {
		const bytes = await photo({ Make: "Canon" });
		const at = bytes.indexOf("Exif\0\0") + 6;
		bytes.fill(0xff, at + 2, at + 40);
		expect(await images.derive(bytes)).toMatchObject({ width: 30 });
	});

	const coordinates = {
		GPSLatitudeRef: "S",
		GPSLatitude: "33/1 51/1 2452/100",
		GPSLongitudeRef: "E",
		GPSLongitude: "151/1 12/1 5508/100",
	};
	const placed = (gps: Record<string, string>) => plain(30, 20).withExif({ IFD0: { Make: "Canon" }, IFD3: gps });

	it.each(["jpeg", "png", "webp", "avif"] as const)("has the location of a %s, to some ten metres", async (format) => {
		const bytes = await placed(coordinates).toFormat(format).toBuffer();
		expect(await images.derive(bytes)).toMatchObject({
			camera: "Canon",
			location: { latitude: -33.8568, longitude: 151.2153 },
		});
	});

	it.each<[string, Record<string, string>]>([
		["nothing", {}],
		["no longitude", { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" }],
		["no hemisphere", { ...coordinates, GPSLatitudeRef: "X" }],
		["a place not on Earth", { ...coordinates, GPSLatitude: "91/1 0/1 0/1" }],
		["nothing divided by nothing", { ...coordinates, GPSLatitude: "0/0 0/0 0/0" }],
		[
			"zeros, as a camera without a fix writes",
			{
				...coordinates,
				GPSLatitude: "0/1 0/1 0/1",
				GPSLongitude: "0/1 0/1 0/1",
			},
		],
	])("has no location for %s", async (_, gps) => {
		const bytes = await placed(gps).jpeg().toBuffer();
		expect((await images.derive(bytes)).location).toBeNull();
	});

	it("does not reach the derived images, which have only pixels", async () => {
		const bytes = await placed(coordinates)
			.keepIccProfile()
			.withIccProfile("p3")
			.withXmp(
				'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="33,51.4S"/></rdf:RDF></x:xmpmeta>',
			)
			.jpeg()
			.toBuffer();
		const { exif, icc, xmp } = await sharp(bytes).metadata();
		expect([exif, icc, xmp]).not.toContain(undefined);
		const { thumbnail, vision } = await images.derive(bytes);
		expect(webpChunks(thumbnail).map(([type]) => type)).toEqual(["VP8 "]);
		// JFIF, quantization, frame, Huffman tables, scan; metadata would be APP1, APP2, APP13 or a comment.
		const allowed = [0xe0, 0xdb, 0xc0, 0xc2, 0xc4, 0xda];
		const found = jpegSegments(vision);
		expect(found).toContain(0xda);
		expect(found.filter((marker) => !allowed.includes(marker))).toEqual([]);
		for (const derived of [thumbnail, vision]) {
			const { exif, icc, xmp, iptc, comments } = await sharp(derived).metadata();
			expect({ exif, icc, xmp, iptc, comments }).toEqual({});
		}
	});
});

describe("colours", () => {
	it.each([
		["#101010", "black"],
		["#808080", "grey"],
		["#fafafa", "white"],
		["#d01818", "red"],
		["#ef8a17", "orange"],
		["#f4d81c", "yellow"],
		["#2e8b45", "green"],
		["#20b2aa", "turquoise"],
		["#2255cc", "blue"],
		["#7a35b5", "purple"],
		["#ff8fb8", "pink"],
		["#6b4226", "brown"],
		["#e8d5b0", "beige"],
	])("calls %s %s", async (colour, name) => {
		const bytes = await plain(20, 20, colour).png().toBuffer();
		expect((await images.derive(bytes)).colours).toEqual([name]);
	});

	it("are ordered by frequency", async () => {
		const red = await plain(100, 30, "#d01818").png().toBuffer();
		const bytes = await plain(100, 100, "#fafafa")
			.composite([{ input: red, left: 0, top: 0 }])
			.png()
			.toBuffer();
		expect((await images.derive(bytes)).colours).toEqual(["white", "red"]);
	});
});

describe("a damaged file that viewers show", () => {
	it(`is kept: a JPEG without its end marker, also where its lower half is plain`, async () => {
		const upper = await noisy().png().toBuffer();
		const bytes = await sharp(upper).extend({ bottom: 200, background: "white" }).jpeg().toBuffer();
		expect(await images.derive(bytes.subarray(0, bytes.length - 2))).toMatchObject({ height: 400 });
	});

	it.each(["jpeg", "png", "gif"] as const)("is kept and marked: %s that lacks a hundredth", async (format) => {
		const bytes = await noisy().toFormat(format).toBuffer();
		const derived = await images.derive(bytes.subarray(0, bytes.length * 0.99));
		expect(derived).toMatchObject({ width: 300, height: 200, damaged: true });
	});

	it("is refused if it is a progressive JPEG that lacks a part, and kept if it lacks its end marker alone", async () => {
		const bytes = await noisy().jpeg({ progressive: true }).toBuffer();
		expect(await images.derive(bytes.subarray(0, bytes.length - 2))).toMatchObject({ damaged: true });
		expect((await refusal(bytes.subarray(0, bytes.length * 0.99))).code).toBe("undecodable_image");
	});

	it("is kept, and not marked, where bytes follow its end", async () => {
		for (const format of formats) {
			const bytes = Buffer.concat([await noisy().toFormat(format).toBuffer(), Buffer.from("more")]);
			expect(await images.derive(bytes)).toMatchObject({ width: 300, damaged: false });
		}
	});
});

describe("an image that cannot be accepted", () => {
	it.each([
		["an SVG drawing", Buffer.from("<svg width='9' height='9'/>")],
		["no bytes", Buffer.alloc(0)],
		["HEIC", Buffer.from("\0\0\0\x14ftypheic\0\0\0\0heic")],
	])("is refused as unsupported: %s", async (_, bytes) => {
		expect(await refusal(bytes)).toMatchObject({ code: "unsupported_image" });
	});

	it.each(formats)("is refused as undecodable: %s that lacks more than a few rows", async (format) => {
		const bytes = await noisy().toFormat(format).toBuffer();
		for (const share of [0.01, 0.2, 0.5, 0.9]) {
			const part = bytes.subarray(0, Math.max(16, bytes.length * share));
			expect(await refusal(part)).toMatchObject({
				code: "undecodable_image",
				detail: expect.stringMatching(/damaged or incomplete/),
			});
		}
	});

	it.each(["webp", "avif"] as const)("is refused as undecodable: %s that lacks its last bytes", async (format) => {
		const bytes = await noisy().toFormat(format).toBuffer();
		expect((await refusal(bytes.subarray(0, bytes.length - 2))).code).toBe("undecodable_image");
	});

	it("is refused as undecodable: noise after a valid signature", async () => {
		// The same at every run: noise may announce a size that is refused before anything is decoded.
		const random = seeded(4);
		const noise = Uint8Array.from({ length: 5_000 }, () => Math.floor(random() * 256));
		for (const format of formats) {
			const bytes = await plain(20, 20).toFormat(format).toBuffer();
			const lying = Buffer.concat([bytes.subarray(0, 32), noise]);
			expect((await refusal(lying)).code).toBe("undecodable_image");
		}
	});

	it("is refused by its number of pixels before they are decoded", async () => {
		const bytes = hugePng(30_000, 30_000);
		expect(bytes.length).toBeLessThan(1_000_000);
		expect(await refusal(bytes)).toEqual({
			code: "too_many_pixels",
			detail:
				"The image has 30000 x 30000 pixels, more than the 100 million that are accepted: send a smaller version.",
		});
	});

	it("is refused with advice if only its format takes too much memory", async () => {
		const bytes = avifSaying(7_000, 5_000, await plain(20, 20).avif().toBuffer());
		expect(await refusal(bytes)).toEqual({
			code: "too_many_pixels",
			detail:
				"The image has 7000 x 5000 pixels, more than the 33 million that are accepted of its kind: send it as a plain JPEG.",
		});
	});
});
