import { Worker } from "node:worker_threads";
import { assetPath } from "./asset-path.ts";
import type { ReadingResult, ReadingTask } from "./ocr-worker.ts";
import { tesseractAssets, tesseractWorker } from "./tesseract-assets.ts";

/** A line of text in an image, from top to bottom as recognised. */
export interface TextLine {
	/** Confidence from 0 to 100, height in pixels. */
	words: { text: string; confidence: number; height: number }[];
}

/** The text of an image, as far as it was read. */
export interface Reading {
	lines: TextLine[];
	/** The limit that ended the reading, so that text may be missing; null where it was read to the end. */
	endedBy: "pixels" | "edges" | "time" | null;
}

/**
 * Limits the reading of one image: while it runs, others wait. Measured, in edges between black and white along
 * the rows and seconds of the processor: the densest of 55 screenshots 55,000 and 2.7 s, an A4 page at 12 points 240,000
 * and 8 s, at 7 points 340,000 and 17 s, noise of single pixels 1,200,000 and 30 s.
 */
export const readingBudget = {
	/** The area of the largest derived image. */
	maxPixels: 1_568 * 1_568,
	/** More than any page of print. */
	maxEdges: 400_000,
	/** A denser image is read in bands, so that what was read remains when the time ends. */
	edgesPerBand: 80_000,
	/** Of the processor, by the reading thread alone, so that a busy machine or process reads what an idle one reads. */
	cpuSeconds: 10,
	/** For a machine that is starved, and a thread that hangs. */
	seconds: 45,
};

let worker: Worker | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Reads the text in an image (JPEG, PNG or WebP), one image at a time in a process, in one thread that the next image reuses.
 * @throws where the thread dies. The next image gets a new thread.
 */
export function readText(image: Uint8Array, budget: Partial<typeof readingBudget> = {}): Promise<Reading> {
	const turn = lastTurn.then(() => recognise(image, { ...readingBudget, ...budget }));
	lastTurn = turn.catch(() => {});
	return turn;
}

async function recognise(image: Uint8Array, budget: typeof readingBudget): Promise<Reading> {
	worker ??= startWorker();
	const thread = worker;
	const lines: TextLine[] = [];
	const { promise, resolve, reject } = Promise.withResolvers<Reading["endedBy"]>();
	const limit = timeLimit(thread, budget);
	const receive = (result: ReadingResult) => {
		if ("begun" in result) limit.begin(result.begun);
		else if ("tooMany" in result) resolve(result.tooMany);
		else {
			lines.push(...linesOf(result.table));
			if (result.isLast) resolve(null);
		}
	};
	const ended = () => reject(new Error("The text recognition thread ended."));
	thread.on("message", receive).once("error", reject).once("exit", ended);
	thread.ref();
	const { maxPixels, maxEdges, edgesPerBand } = budget;
	thread.postMessage({ image, maxPixels, maxEdges, edgesPerBand } satisfies ReadingTask);
	try {
		const endedBy = await Promise.race([promise, limit.reached]);
		if (endedBy === "time") discard(thread);
		return { lines, endedBy };
	} catch (error) {
		discard(thread);
		throw new Error("The text in the image could not be read this time.", {
			cause: error,
		});
	} finally {
		limit.clear();
		thread.off("message", receive).off("error", reject).off("exit", ended);
		thread.unref();
	}
}

/** Nothing but its end stops a thread that recognises text. */
function discard(thread: Worker): void {
	worker = undefined;
	void thread.terminate();
}

/** How often the time is looked at. */
const lookMs = 100;

/** Resolves when the thread has used up the budget's time: of the processor since it began, or of the clock since now. */
function timeLimit(thread: Worker, { cpuSeconds, seconds }: typeof readingBudget) {
	const end = Date.now() + seconds * 1_000;
	const { promise: reached, resolve } = Promise.withResolvers<"time">();
	let begun: NodeJS.CpuUsage | undefined;
	const look = setInterval(
		async () => {
			if (Date.now() >= end) return resolve("time");
			if (!begun) return;
			// The answer of a thread that ends meanwhile is an error, and its end is noticed elsewhere.
			const used = await thread.cpuUsage(begun).catch(() => null);
			if (used && (used.user + used.system) / 1e6 >= cpuSeconds) resolve("time");
		},
		Math.min(lookMs, seconds * 1_000),
	);
	return {
		reached,
		/** Counts from what the thread had used when it began: its start-up is no part of the reading. */
		begin(usedBefore: NodeJS.CpuUsage) {
			begun = usedBefore;
		},
		clear: () => clearInterval(look),
	};
}

function startWorker(): Worker {
	const [core, wasm, language] = tesseractAssets.map((asset) => assetPath("tesseract", asset));
	const started = new Worker(assetPath("tesseract", tesseractWorker), {
		workerData: { core, wasm, language },
	});
	// Also between images: a dead thread must neither be used again nor end the process.
	const forget = () => {
		if (worker === started) worker = undefined;
	};
	return started.on("error", forget).on("exit", forget);
}

/** Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
function linesOf(table: string): TextLine[] {
	const lines: TextLine[] = [];
	for (const row of table.split("\n")) {
		const cells = row.split("\t");
		if (cells[0] === "4") lines.push({ words: [] });
		const text = cells[11]?.trim();
		if (cells[0] === "5" && text) {
			lines.at(-1)?.words.push({
				text,
				height: Number(cells[9]),
				confidence: Number(cells[10]),
			});
		}
	}
	return lines.filter((line) => line.words.length > 0);
}
