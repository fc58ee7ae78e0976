import { Worker } from "node:worker_threads";
import type { Pixels } from "#core/ports/index.ts";
import { assetPath } from "../asset-path.ts";
import { readerAssets, readerThread } from "./assets.ts";
import type { ReaderPaths, ReadingResult, ReadingTask } from "./thread.ts";

/** Limits the reading of one picture: while it runs, others wait. */
export const readingBudget = {
	/** A picture with more is read scaled down: 72 MB of memory. */
	maxPixels: 24_000_000,
	/** Of the processor, by the reading thread alone, so that a busy machine or process reads what an idle one reads. */
	cpuSeconds: 20,
	/** For a machine that is starved. */
	seconds: 60,
};

/** A thread that has not answered this long after its deadline hangs. */
const graceMs = 20_000;

let worker: Worker | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Reads the text in a picture, one picture at a time in a process, in one thread that the next picture reuses. The thread
 * takes the pixels: they are gone afterwards.
 * @throws where the thread dies. The next picture gets a new thread.
 */
export function readText(pixels: Pixels, budget: Partial<typeof readingBudget> = {}): Promise<ReadingResult> {
	const turn = lastTurn.then(() => readInThread(pixels, { ...readingBudget, ...budget }));
	lastTurn = turn.catch(() => {});
	return turn;
}

async function readInThread(pixels: Pixels, { cpuSeconds, seconds }: typeof readingBudget): Promise<ReadingResult> {
	worker ??= startWorker();
	const thread = worker;
	const deadline = Date.now() + seconds * 1_000;
	const { promise, resolve, reject } = Promise.withResolvers<ReadingResult>();
	const ended = () => reject(new Error("The reading thread ended."));
	const hangs = setTimeout(() => reject(new Error("The reading thread hangs.")), seconds * 1_000 + graceMs);
	thread.on("message", resolve).once("error", reject).once("exit", ended);
	thread.ref();
	thread.postMessage({ pixels, cpuSeconds, deadline } satisfies ReadingTask, [pixels.data.buffer]);
	try {
		return await promise;
	} catch (error) {
		worker = undefined;
		void thread.terminate();
		throw new Error("The text in the image could not be read this time.", { cause: error });
	} finally {
		clearTimeout(hangs);
		thread.off("message", resolve).off("error", reject).off("exit", ended);
		thread.unref();
	}
}

function startWorker(): Worker {
	const workerData = Object.fromEntries(
		Object.entries(readerAssets).map(([name, asset]) => [name, assetPath("ocr", asset)]),
	) as unknown as ReaderPaths;
	const started = new Worker(assetPath("ocr", readerThread), { workerData });
	// Also between pictures: a dead thread must neither be used again nor end the process.
	const forget = () => {
		if (worker === started) worker = undefined;
	};
	return started.on("error", forget).on("exit", forget);
}
