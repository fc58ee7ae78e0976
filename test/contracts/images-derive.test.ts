import { createHash } from "node:crypto";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { PermanentFailure } from "#core/errors.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { hugePng } from "../system/huge-png.ts";

const images = sharpImages();

function plain(width: number, height: number, background = "#2040d0"): Sharp {
	return sharp({ create: { width, height, channels: 3, background } });
}

/** Does not compress to nothing, so that a part of it really is a part. */
function noisy(width = 300, height = 200): Sharp {
	return sharp({
		create: {
			width,
			height,
			channels: 3,
			background: "grey",
			noise: { type: "gaussian", mean: 128, sigma: 40 },
		},
	});
}

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
	it.each(["png", "jpeg", "webp", "gif", "avif"] as const)(
		"makes a thumbnail and a picture for the model from %s",
		async (format) => {
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
		},
	);

	it("digests the bytes of the original", async () => {
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
		[
			"grey with transparency",
			plain(60, 40).grayscale().ensureAlpha(0.5).png(),
		],
	])("accepts %s pixels", async (_, image) => {
		const { thumbnail, vision } = await images.derive(await image.toBuffer());
		expect((await sharp(thumbnail).metadata()).width).toBe(60);
		expect((await sharp(vision).metadata()).space).toMatch(/srgb|b-w/);
	});

	it("puts transparency on white for the model", async () => {
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

	it("takes only the first frame of an animation", async () => {
		const frames = await Promise.all(
			["#d02020", "#20d020", "#2020d0"].map((colour) =>
				plain(30, 20, colour).png().toBuffer(),
			),
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
	const photo = (
		camera: Record<string, string>,
		taken: Record<string, string> = {},
	) =>
		plain(30, 20)
			.jpeg()
			.withExif({
				IFD0: camera,
				IFD2: taken,
				IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" },
			})
			.toBuffer();

	it("turns the image upright", async () => {
		const red = await plain(40, 40, "red").png().toBuffer();
		const bytes = await plain(120, 40)
			.composite([{ input: red, left: 0, top: 0 }])
			.jpeg()
			.withMetadata({ orientation: 6 }) // the left side of the pixels is the top
			.toBuffer();
		const derived = await images.derive(bytes);
		expect(derived).toMatchObject({ width: 40, height: 120 });
		for (const upright of [derived.thumbnail, derived.vision]) {
			const { data, info } = await sharp(upright)
				.raw()
				.toBuffer({ resolveWithObject: true });
			expect(info).toMatchObject({ width: 40, height: 120 });
			const middleOfRow = (row: number) => (row * 40 + 20) * info.channels;
			expect(data[middleOfRow(10)]).toBeGreaterThan(200);
			expect(data[middleOfRow(110)]).toBeLessThan(100);
		}
	});

	it("tells when, with its offset, and with which camera", async () => {
		const bytes = await photo(
			{ Make: "Canon", Model: "Canon EOS R6" },
			{
				DateTimeOriginal: "2024:06:14 09:35:00",
				OffsetTimeOriginal: "+02:00",
			},
		);
		expect(await images.derive(bytes)).toMatchObject({
			takenAt: new Date("2024-06-14T07:35:00Z"),
			camera: "Canon EOS R6",
		});
	});

	it("counts as UTC without an offset, and names the maker once", async () => {
		const bytes = await photo(
			{ Make: "Apple", Model: "iPhone 15" },
			{ DateTimeOriginal: "2024:06:14 09:35:00" },
		);
		expect(await images.derive(bytes)).toMatchObject({
			takenAt: new Date("2024-06-14T09:35:00Z"),
			camera: "Apple iPhone 15",
		});
	});

	it.each(["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday"])(
		"gives no time for %j",
		async (written) => {
			const bytes = await photo({}, { DateTimeOriginal: written });
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

	it("does not reach what is derived, position included", async () => {
		const bytes = await photo({ Make: "Canon" });
		expect((await sharp(bytes).metadata()).exif).toBeDefined();
		const { thumbnail, vision } = await images.derive(bytes);
		for (const derived of [thumbnail, vision]) {
			const { exif, icc, xmp, iptc } = await sharp(derived).metadata();
			expect({ exif, icc, xmp, iptc }).toEqual({});
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

	it("come most frequent first", async () => {
		const red = await plain(100, 30, "#d01818").png().toBuffer();
		const bytes = await plain(100, 100, "#fafafa")
			.composite([{ input: red, left: 0, top: 0 }])
			.png()
			.toBuffer();
		expect((await images.derive(bytes)).colours).toEqual(["white", "red"]);
	});
});

describe("what cannot be accepted", () => {
	it.each([
		["an SVG drawing", Buffer.from("<svg width='9' height='9'/>")],
		["no bytes", Buffer.alloc(0)],
		["HEIC", Buffer.from("\0\0\0\x14ftypheic\0\0\0\0heic")],
	])("is refused as unsupported: %s", async (_, bytes) => {
		expect(await refusal(bytes)).toMatchObject({ code: "unsupported_image" });
	});

	it.each(["png", "jpeg", "webp", "gif", "avif"] as const)(
		"is refused as undecodable: %s that ends early, wherever",
		async (format) => {
			const bytes = await noisy().toFormat(format).toBuffer();
			for (const share of [0.01, 0.2, 0.5, 0.9, 0.99]) {
				const part = bytes.subarray(0, Math.max(16, bytes.length * share));
				expect(await refusal(part)).toMatchObject({
					code: "undecodable_image",
					detail: expect.stringMatching(/damaged or incomplete/),
				});
			}
		},
	);

	it("is refused as undecodable: noise behind a right beginning", async () => {
		const noise = crypto.getRandomValues(new Uint8Array(5_000));
		for (const format of ["png", "jpeg", "webp", "gif", "avif"] as const) {
			const bytes = await plain(20, 20).toFormat(format).toBuffer();
			const lying = Buffer.concat([bytes.subarray(0, 32), noise]);
			expect((await refusal(lying)).code).toBe("undecodable_image");
		}
	});

	it("is refused by its pixels before they are decoded", async () => {
		const bytes = hugePng(30_000, 30_000);
		expect(bytes.length).toBeLessThan(1_000_000);
		expect(await refusal(bytes)).toEqual({
			code: "too_many_pixels",
			detail:
				"The image has 30000 x 30000 pixels, more than the 100 million that are accepted: send a smaller version.",
		});
	});
});
