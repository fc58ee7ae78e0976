import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { sharpImages } from "#images/sharp-images.ts";
import { jpegSegments, plain, webpChunks } from "./odd-images.ts";

const images = sharpImages();

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
