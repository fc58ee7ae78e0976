import { beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import * as odd from "../contracts/odd-images.ts";
import { newUser } from "./environment.ts";

let owner: CollectionsClient;
beforeAll(async () => {
	owner = await newUser("photographer");
});

async function uploaded(name: string, bytes: Uint8Array) {
	const { id } = await owner.upload(name, new Uint8Array(bytes));
	return owner.settled(id);
}

test("a photo is turned upright, and only its owner sees its location, which the thumbnail does not have", async () => {
	const photo = await odd
		.plain(120, 80)
		.withExif({
			IFD0: { Make: "Canon", Model: "Canon EOS R6" },
			IFD3: {
				GPSLatitudeRef: "N",
				GPSLatitude: "48/1 51/1 3024/100",
				GPSLongitudeRef: "E",
				GPSLongitude: "2/1 17/1 4020/100",
			},
		})
		.withMetadata({ orientation: 6 })
		.jpeg()
		.toBuffer();
	const item = await uploaded("photo.jpg", photo);
	expect(item).toMatchObject({
		status: "ready",
		width: 80,
		height: 120,
		camera: "Canon EOS R6",
		location: { latitude: 48.8584, longitude: 2.2945 },
	});
	const thumbnail = await fetch(item.thumbnail_url ?? "");
	const chunks = odd.webpChunks(new Uint8Array(await thumbnail.arrayBuffer()));
	expect(chunks.map(([type]) => type)).toEqual(["VP8 "]);
	expect(JSON.stringify(item.latest_analysis)).not.toMatch(/48\.85|2\.29/);
	const stranger = await newUser("stranger");
	await expect(stranger.item(item.id)).rejects.toMatchObject({ status: 404 });
});

test.each<[string, () => Promise<Buffer> | Buffer, number, number]>([
	[
		"a 16-bit PNG with transparency",
		() => odd.plain(90, 60, "#2e8b45").toColourspace("rgb16").ensureAlpha(0.5).png().toBuffer(),
		90,
		60,
	],
	["a CMYK JPEG", () => odd.plain(91, 61).toColourspace("cmyk").jpeg().toBuffer(), 91, 61],
	["a GIF of 50,000 frames", () => odd.gifOfFrames(50_000), 1, 1],
	["an AVIF", () => odd.plain(92, 62).avif().toBuffer(), 92, 62],
	["a line of 60,000 pixels", () => odd.plain(1, 60_000).png().toBuffer(), 1, 60_000],
	[
		"a PNG that is also a web page",
		async () =>
			Buffer.concat([await odd.plain(93, 63).png().toBuffer(), Buffer.from("<html><script>alert(1)</script></html>")]),
		93,
		63,
	],
	[
		"a JPEG whose EXIF would take gigabytes",
		async () =>
			odd.withJpegSegment(
				await odd.plain(94, 64).jpeg().toBuffer(),
				0xe1,
				Buffer.concat([Buffer.from("Exif\0\0"), odd.exifBomb(65_500)]),
			),
		94,
		64,
	],
])("%s becomes ready", async (name, make, width, height) => {
	expect(await uploaded(name, await make())).toMatchObject({
		status: "ready",
		error: null,
		width,
		height,
	});
});

test("an image that needs too much decoder memory is refused with a remedy, and the next image is processed", async () => {
	const bytes = odd.pngSaying(10_000, 10_000, odd.interlacedPng(10, 10));
	const { status, error } = await uploaded("large.png", bytes);
	expect({ status, error }).toMatchObject({
		status: "failed",
		error: {
			code: "too_many_pixels",
			detail:
				"The image has 10000 x 10000 pixels, more than the 62 million that are accepted of its kind: send it as a plain JPEG.",
		},
	});
	const next = await uploaded("next.png", await odd.plain(95, 65).png().toBuffer());
	expect(next.status).toBe("ready");
});
