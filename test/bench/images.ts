// make bench-images: deriving thumbnail, vision image and metadata from a photo, compared to a full decode.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { decodeWithin, maxThumbnailSide, sharpImages } from "#images/sharp-images.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { peakMegabytes, resetPeak } from "../support/peak-memory.ts";
import { demand, median, quantile, report } from "./report.ts";

const rounds = 9;

interface Photo {
	name: string;
	width: number;
	height: number;
	/** True for a file like a phone's, held upright: the sensor's rows, an orientation, and Display P3. */
	byPhone: boolean;
}
const sizes = [
	{ name: "12 MP", width: 4_000, height: 3_000 },
	{ name: "48 MP", width: 8_000, height: 6_000 },
];
const photos: Photo[] = sizes.flatMap(({ name, ...size }) => [
	{ name: `${name} of a phone`, ...size, byPhone: true },
	// Without rotation and colour conversion, most of the time is entropy decoding, which each side needs.
	{ name: `${name} bare pixels`, ...size, byPhone: false },
]);

interface Measured {
	/** CPU time: other load on the machine does not change it. */
	ms: number;
	megabytes: number;
}

const toFit = {
	width: maxThumbnailSide,
	height: maxThumbnailSide,
	fit: "inside",
} as const;

/** The methods to compare. A full decode has every pixel in memory before it resizes. */
const sides = {
	thumbnail: async (bytes: Uint8Array) => decodeWithin(bytes, maxThumbnailSide, await sharp(bytes).metadata()),
	"thumbnail of a full decode": async (bytes: Uint8Array) => {
		const { data, info } = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
		const { width, height, channels } = info;
		return sharp(data, { raw: { width, height, channels } }).resize(toFit).raw().toBuffer();
	},
	"everything that is derived": (bytes: Uint8Array) => sharpImages().derive(bytes),
	"a full decode and nothing else": (bytes: Uint8Array) => sharp(bytes).raw().toBuffer(),
	/** Scales by 1/8, libjpeg's minimum: one pixel of 64 coefficients. Entropy decoding remains. */
	"reading its codes alone": async (bytes: Uint8Array) => {
		const { width } = await sharp(bytes).metadata();
		const eighth = { width: Math.ceil(width / 10), kernel: "nearest" } as const;
		return sharp(bytes, { ignoreIcc: true }).resize(eighth).raw().toBuffer();
	},
};
type Side = keyof typeof sides;
const names = Object.keys(sides) as Side[];

// Peak memory is known per process only, so each measurement runs in its own.
const [, , side, file] = process.argv;
if (side && file) {
	process.stdout.write(JSON.stringify(await measure(side as Side, file)));
} else {
	await compare();
}

async function compare(): Promise<void> {
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	try {
		const rows = [];
		const demands = [];
		for (const photo of photos) {
			const file = path.join(directory, "photo.jpg");
			await draw(photo, file);
			const runs = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<Side, Measured[]>;
			for (let round = 0; round <= rounds; round++) {
				for (const name of names) {
					const measured = inFreshProcess(name, file);
					if (round > 0) runs[name].push(measured);
				}
			}
			/** Quartiles of the paired ratios to the thumbnail of a full decode. */
			const ratios = (name: Side, unit: keyof Measured) =>
				runs[name].map((run, at) => run[unit] / (runs["thumbnail of a full decode"][at]?.[unit] ?? Number.NaN));
			for (const name of names) {
				const row: Record<string, string> = { what: `${photo.name}: ${name}` };
				for (const unit of ["ms", "megabytes"] as const) {
					const to = ratios(name, unit);
					const at = (q: number) => quantile(to, q).toFixed(2);
					const label = unit === "ms" ? "CPU ms" : "MB";
					row[label] = median(runs[name].map((run) => run[unit])).toFixed(0);
					row[`${label} ratio (q1, q3)`] = `${at(0.5)} (${at(0.25)}, ${at(0.75)})`;
				}
				rows.push(row);
			}
			if (!photo.byPhone) continue;
			demands.push(
				demand(
					`${photo.name} to a thumbnail's pixels, time / from a full decode`,
					median(ratios("thumbnail", "ms")),
					1 / 4,
				),
				demand(
					`${photo.name} to a thumbnail's pixels, peak memory / from a full decode`,
					median(ratios("thumbnail", "megabytes")),
					1 / 8,
				),
			);
		}
		report("images", rows, demands);
	} finally {
		rmSync(directory, { recursive: true });
	}
}

function inFreshProcess(name: Side, file: string): Measured {
	return JSON.parse(
		execFileSync(process.execPath, [import.meta.filename, name, file], {
			encoding: "utf8",
			env: { ...process.env, ...allocator },
		}),
	);
}

/** Measures one photo after a small one that loads the code. Memory excludes the process and the photo's bytes. */
async function measure(name: Side, file: string): Promise<Measured> {
	const small = await sharp({
		create: { width: 64, height: 64, channels: 3, background: "grey" },
	})
		.jpeg()
		.toBuffer();
	for (const each of names) await sides[each](small);
	const bytes = readFileSync(file);
	resetPeak();
	const before = peakMegabytes();
	const started = process.cpuUsage();
	await sides[name](bytes);
	const { user, system } = process.cpuUsage(started);
	return {
		ms: (user + system) / 1_000,
		megabytes: peakMegabytes() - before,
	};
}

/** Draws noise over a gradient, as large as a phone's photo: flat images decode too fast to compare. */
async function draw({ width, height, byPhone }: Photo, file: string): Promise<void> {
	const gradient = await sharp({
		create: {
			width: 256,
			height: 256,
			channels: 3,
			background: "grey",
			noise: { type: "gaussian", mean: 128, sigma: 40 },
		},
	})
		.blur(8)
		.resize(width, height, { fit: "fill" })
		.png({ compressionLevel: 1 })
		.toBuffer();
	const grain = await sharp({
		create: {
			width: 512,
			height: 512,
			channels: 3,
			background: "grey",
			noise: { type: "gaussian", mean: 128, sigma: 10 },
		},
	})
		.png()
		.toBuffer();
	const photo = sharp(gradient)
		.composite([{ input: grain, tile: true, blend: "soft-light" }])
		.jpeg({ quality: 90 });
	if (byPhone) photo.withMetadata({ orientation: 6 }).withIccProfile("p3");
	await photo.toFile(file);
}
