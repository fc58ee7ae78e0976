import { createHash } from "node:crypto";
import sharp from "sharp";
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from "thumbhash";
import { describe, expect, it } from "vitest";
import { PermanentFailure } from "#core/errors.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { seeded } from "#tools/random.ts";
import { hugePng } from "../system/huge-png.ts";
import { avifSaying, formats, noisy, plain } from "./odd-images.ts";

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
