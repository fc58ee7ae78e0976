import type { TextLine } from "#core/items/analysis.ts";
import type { Pixels, VisionRequest } from "#core/ports/index.ts";
import { readingBudget, readText } from "./ocr/read-text.ts";

/** Reads the text of a request's picture at its full size, before its deadline. */
export async function readPicture(request: VisionRequest) {
	const pixels = await request.pixels(readingBudget.maxPixels);
	const isReduced = isFarSmaller(pixels, request);
	const left = (request.deadline.getTime() - Date.now()) / 1000;
	const { lines, complete } = await readText(pixels, { seconds: Math.min(readingBudget.seconds, left) });
	return { lines, complete: complete && !isReduced };
}

/** Stored lines: more are of dense pages, whose text is searched all the same. */
const maxStoredLines = 300;

/** Returns the lines of a picture as its description keeps them. */
export const storedLines = (lines: TextLine[]) => lines.slice(0, maxStoredLines).map(({ words: _, ...line }) => line);

/** Small print of a picture that was read at less than half its size is lost. */
function isFarSmaller(pixels: Pixels, { width, height }: VisionRequest): boolean {
	return Math.max(width, height) > 2 * Math.max(pixels.width, pixels.height);
}
