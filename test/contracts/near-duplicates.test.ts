import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { type Fingerprint, hashDistance } from "#core/items/fingerprint.ts";
import { candidateBits } from "#core/ports/index.ts";
import { isNearDuplicate } from "#core/search/near-duplicate.ts";
import { differenceHash, fingerprint } from "#images/fingerprint.ts";
import { decodeWithin, maxVisionSide, sharpImages } from "#images/sharp-images.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";

const samples = await drawSampleImages();
/** As the stage that derives images, without those. */
const fingerprintOf = async (bytes: Uint8Array): Promise<Fingerprint> => {
	const { data, info } = await decodeWithin(bytes, maxVisionSide, await sharp(bytes).metadata());
	const { width, height, channels } = info;
	return fingerprint(sharp(data, { raw: { width, height, channels } }));
};

/** Decides as the search does: hashes first, then pictures and texts. */
function areNear(a: Fingerprint, b: Fingerprint, texts: [string | null, string | null] = [null, null]): boolean {
	const distance = hashDistance(a, b);
	const [first, second] = [a, b].map(({ luma }, at) => ({ luma, extractedText: texts[at] ?? null }));
	return distance <= candidateBits && !!first && !!second && isNearDuplicate(first, second, distance);
}

/** Draws a page of lines, in one frame: a bar with a title, and a footer. */
async function page(lines: string[], { ink = "#222", paper = "white" } = {}): Promise<Uint8Array> {
	const text = lines.map((line, at) => `<text x="40" y="${160 + at * 62}" font-size="30">${line}</text>`).join("");
	return sharp(
		Buffer.from(
			`<svg xmlns="http://www.w3.org/2000/svg" width="720" height="1280" font-family="sans-serif" fill="${ink}">
			<rect width="720" height="1280" fill="${paper}"/><rect width="720" height="90" fill="#3367d6"/>
			<text x="40" y="60" font-size="36" fill="white">Notes</text>${text}
			<rect y="1200" width="720" height="80" fill="#ccc"/></svg>`,
		),
	)
		.png()
		.toBuffer();
}

const minutes = Array.from({ length: 16 }, (_, at) => `${at + 1}. The board approves item ${at * 7 + 3} of the agenda`);
const packing = Array.from({ length: 16 }, (_, at) => `${"socks tent rope lamp stove map".split(" ")[at % 6]} x ${at}`);
const pictures = [...samples, { filename: "minutes", bytes: await page(minutes) }];

describe("the hash of 9 x 8 brightnesses", () => {
	const rows = (row: number[]) => Array(8).fill(row).flat();

	it("has a bit for each cell that is darker than its right neighbour", () => {
		expect(differenceHash(rows([0, 2, 4, 6, 8, 10, 12, 14, 16]))).toBe("ffffffffffffffff");
		expect(differenceHash(rows([8, 7, 6, 5, 4, 3, 2, 1, 0]))).toBe("0000000000000000");
		expect(differenceHash(rows([0, 9, 0, 9, 0, 9, 0, 9, 0]))).toBe("aaaaaaaaaaaaaaaa");
	});

	it("has no bit for an encoder's noise", () => {
		expect(differenceHash(rows([0, 1, 0, 1, 0, 1, 0, 1, 0]))).toBe("0000000000000000");
	});

	it("compares no cells of different rows", () => {
		expect(differenceHash([9, 0, 0, 0, 0, 0, 0, 0, 0, ...Array(63).fill(255)])).toBe("0000000000000000");
	});

	it("keeps leading zeros", () => {
		expect(differenceHash([...Array(71).fill(0), 2])).toBe("0000000000000001");
	});
});

it("a picture is processed with its fingerprint", async () => {
	const [{ bytes } = { bytes: new Uint8Array() }] = samples;
	expect(await sharpImages().derive(bytes)).toMatchObject(await fingerprintOf(bytes));
});

describe.each(pictures)("the picture $filename", async ({ bytes }) => {
	const own = await fingerprintOf(bytes);
	const { width, height } = await sharp(bytes).metadata();
	const image = () => sharp(bytes).flatten({ background: "white" });
	/** Cuts shares of a side off: left, top, right, bottom. */
	const cropped = (left: number, top: number, right: number, bottom: number) =>
		image()
			.extract({
				left: Math.round(left * width),
				top: Math.round(top * height),
				width: Math.round((1 - left - right) * width),
				height: Math.round((1 - top - bottom) * height),
			})
			.jpeg({ quality: 85 });

	it.each<[string, () => Sharp]>([
		[
			"a third as large",
			() =>
				image()
					.resize({ width: Math.round(width / 3) })
					.png(),
		],
		[
			"twice as large",
			() =>
				image()
					.resize({ width: width * 2 })
					.webp(),
		],
		["as a poor JPEG", () => image().jpeg({ quality: 30 })],
		["as WebP", () => image().webp({ quality: 50 })],
		["brighter by a fifth", () => image().linear(1.2, 0).png()],
		["darker by a fifth", () => image().linear(0.8, 0).png()],
		["with less contrast", () => image().linear(0.8, 25).png()],
		["lying on its side with an EXIF orientation", () => image().rotate(270).withMetadata({ orientation: 6 }).png()],
		["without a tenth of one side", () => cropped(0, 0.1, 0, 0)],
		["without a tenth of two sides", () => cropped(0.1, 0, 0, 0.1)],
		["without a twentieth of three sides", () => cropped(0.05, 0.05, 0.05, 0)],
		["without a tenth of every side", () => cropped(0.1, 0.1, 0.1, 0.1)],
	])("is a near-duplicate of itself %s", async (_, variant) => {
		const changed = await fingerprintOf(await variant().toBuffer());
		expect(areNear(own, changed)).toBe(true);
		expect(areNear(changed, own)).toBe(true);
	});

	it("is no near-duplicate of another, or of itself without a quarter", async () => {
		for (const compared of pictures) {
			if (compared.bytes !== bytes)
				expect(areNear(own, await fingerprintOf(compared.bytes)), compared.filename).toBe(false);
		}
		expect(areNear(own, await fingerprintOf(await cropped(0.25, 0.25, 0, 0).toBuffer()))).toBe(false);
	});
});

describe("pages of one frame", () => {
	it("with other text are no near-duplicates, light or dark", async () => {
		const dark = { ink: "#eee", paper: "#111" };
		for (const style of [{}, dark]) {
			const [a, b] = await Promise.all(
				[page(minutes, style), page(packing, style)].map(async (drawn) => fingerprintOf(await drawn)),
			);
			if (a && b) expect(areNear(a, b)).toBe(false);
		}
	});

	it("scrolled by some lines are no near-duplicates", async () => {
		const scrolled = await fingerprintOf(await page([...minutes.slice(5), ...packing.slice(0, 5)]));
		expect(areNear(await fingerprintOf(await page(minutes)), scrolled)).toBe(false);
	});
});

describe("plain pictures", () => {
	const plain = (background: string, word = "") =>
		sharp(
			Buffer.from(
				`<svg xmlns="http://www.w3.org/2000/svg" width="720" height="1280" font-family="sans-serif"><rect width="720" height="1280" fill="${background}"/><text x="60" y="200" font-size="24" fill="#777">${word}</text></svg>`,
			),
		)
			.png()
			.toBuffer()
			.then(fingerprintOf);

	it.each(["white", "black", "#1a73e8"])("are no near-duplicates of each other: %s", async (background) => {
		expect(areNear(await plain(background), await plain(background, "Draft"))).toBe(false);
		expect(areNear(await plain(background), await plain(background))).toBe(false);
	});

	it("are near-duplicates where what little they show agrees, and their text", async () => {
		const [first, second] = [await plain("white", "Remember the milk"), await plain("white", "Remember the milk")];
		expect(areNear(first, second)).toBe(false);
		expect(areNear(first, second, ["Remember milk today", "remember MILK today"])).toBe(true);
		expect(areNear(first, second, ["Remember milk today", "Call the dentist tomorrow"])).toBe(false);
		expect(areNear(first, await plain("white", "iiiii"), ["Remember milk today", "remember MILK today"])).toBe(false);
	});
});

describe("pictures that were processed before they had a brightness", () => {
	it("are compared by their hashes, and by their texts", async () => {
		const old = (extractedText: string | null) => ({ luma: null, extractedText });
		const [sample] = samples;
		if (!sample) throw new Error("There are no samples.");
		const { luma } = await fingerprintOf(sample.bytes);
		expect(isNearDuplicate(old(null), { luma, extractedText: null }, 10)).toBe(true);
		expect(isNearDuplicate(old(null), { luma, extractedText: null }, 11)).toBe(false);
		expect(isNearDuplicate(old("gate B12 boarding"), old("milk eggs butter"), 0)).toBe(false);
	});
});
