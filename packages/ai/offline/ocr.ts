import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeDeadline } from "#core/before-deadline.ts";
import { tesseractAssets, tesseractWorker } from "./tesseract-assets.ts";

/** A line of text in an image, from top to bottom as recognised. */
export interface TextLine {
	/** Confidence from 0 to 100, height in pixels. */
	words: { text: string; confidence: number; height: number }[];
}

/** Reading takes longer than the time allowed: the image is noise, or the machine is starved. */
export class ReadingTooSlow extends Error {
	override name = "ReadingTooSlow";
}

/** The densest of the golden screenshots takes 2.3 s; far beyond that the thread hangs or the machine is starved. */
export const secondsToRead = 45;

let worker: Worker | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Reads the text in an image (JPEG, PNG or WebP), one image at a time in a process, in one thread that the next image reuses.
 * @throws ReadingTooSlow; and where the thread dies. The next image gets a new thread.
 */
export function readText(image: Uint8Array, seconds = secondsToRead): Promise<TextLine[]> {
	const turn = lastTurn.then(() => recognise(image, seconds));
	lastTurn = turn.catch(() => {});
	return turn;
}

async function recognise(image: Uint8Array, seconds: number): Promise<TextLine[]> {
	worker ??= startWorker();
	const thread = worker;
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	const ended = () => reject(new Error("The text recognition thread ended."));
	thread.once("message", resolve).once("error", reject).once("exit", ended);
	thread.ref();
	thread.postMessage(image);
	try {
		const deadline = new Date(Date.now() + seconds * 1_000);
		const table = await beforeDeadline(deadline, promise);
		if (table !== null) return linesOf(table);
		throw new ReadingTooSlow(`Reading the text took longer than ${seconds} s.`);
	} catch (error) {
		worker = undefined;
		void thread.terminate();
		if (error instanceof ReadingTooSlow) throw error;
		throw new Error("The text in the image could not be read this time.", {
			cause: error,
		});
	} finally {
		thread.off("message", resolve).off("error", reject).off("exit", ended);
		thread.unref();
	}
}

function startWorker(): Worker {
	const [core, wasm, language] = tesseractAssets.map(assetPath);
	const started = new Worker(assetPath(tesseractWorker), {
		workerData: { core, wasm, language },
	});
	// Also between images: a dead thread must neither be used again nor end the process.
	const forget = () => {
		if (worker === started) worker = undefined;
	};
	return started.on("error", forget).on("exit", forget);
}

/** Beside the bundle where there is one (its chunks may lie a folder deeper), else as installed in the repository. */
function assetPath({ from, name }: { from: string; name: string }): string {
	const here = import.meta.dirname;
	const bundled = [join(here, "tesseract", name), join(here, "../tesseract", name)];
	return bundled.find((path) => existsSync(path)) ?? join(here, "../../..", from);
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
