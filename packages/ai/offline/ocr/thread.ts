import { parentPort, workerData } from "node:worker_threads";
import type { TextLine } from "#core/items/analysis.ts";
import type { Pixels } from "#core/ports/index.ts";
import { loadModels, type ModelPaths } from "./models.ts";
import { readPixels } from "./read.ts";

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
const models = await loadModels(workerData as ModelPaths);

parentPort?.on("message", async ({ pixels, cpuSeconds, deadline }: ReadingTask) => {
	const begun = process.threadCpuUsage();
	const started = Date.now();
	const isLeft = (share: number) => {
		const { user, system } = process.threadCpuUsage(begun);
		const clock = started + (deadline - started) * share;
		return (user + system) / 1e6 < cpuSeconds * share && Date.now() < clock;
	};
	const result: ReadingResult = await readPixels(pixels, models, isLeft);
	parentPort?.postMessage(result);
});
