import { parentPort, workerData } from "node:worker_threads";
import type { TextLine } from "#core/items/analysis.ts";
import type { Pixels } from "#core/ports/index.ts";
import { loadModels, type ModelPaths } from "./models.ts";
import { readPixels } from "./read.ts";
import { type Language, loadTesseract, type TesseractPaths } from "./tesseract.ts";

/** Where everything is that this thread loads. */
export type ReaderPaths = ModelPaths & TesseractPaths;

/** One picture for this thread. */
export interface ReadingTask {
	pixels: Pixels;
	/** Of the processor, by this thread. */
	cpuSeconds: number;
	/** Milliseconds since 1970. */
	deadline: number;
}

/** The lines of the picture, and whether they are all. */
export interface ReadingResult {
	lines: TextLine[];
	complete: boolean;
}

// No try or catch: what goes wrong in here ends this thread, and the next picture gets a fresh one.
const paths = workerData as ReaderPaths;
const models = await loadModels(paths);

/** The last language alone, since each takes 100 MB. */
let tesseract: { language: Language; loaded: ReturnType<typeof loadTesseract> } | undefined;

function tesseractOf(language: Language) {
	if (tesseract?.language !== language) tesseract = { language, loaded: loadTesseract(paths, language) };
	return tesseract.loaded;
}

parentPort?.on("message", async ({ pixels, cpuSeconds, deadline }: ReadingTask) => {
	const begun = process.threadCpuUsage();
	const started = Date.now();
	const isLeft = (share: number) => {
		const { user, system } = process.threadCpuUsage(begun);
		const clock = started + (deadline - started) * share;
		return (user + system) / 1e6 < cpuSeconds * share && Date.now() < clock;
	};
	const result: ReadingResult = await readPixels(pixels, { ...models, tesseractOf }, isLeft);
	parentPort?.postMessage(result);
});
