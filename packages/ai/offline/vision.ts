import type { Pixels, Vision, VisionRequest } from "#core/ports/index.ts";
import { describe } from "./describe.ts";
import { readingBudget, readText } from "./ocr/read-text.ts";

/** Describes images without a model provider, by the text read in them. */
export function offlineVision(): Vision {
	return {
		describe: async (request) => ({
			description: await describeRequest(request),
			provider: "offline",
			model: "pp-ocrv4",
			traceId: null,
			usage: [],
		}),
	};
}

/** Stored lines: more are of dense pages, whose text is searched all the same. */
const maxStoredLines = 300;

/** Describes an image. Where its text takes too much to read, it says so: its item must not fail. */
async function describeRequest(request: VisionRequest) {
	const pixels = await request.pixels(readingBudget.maxPixels);
	const isReduced = isFarSmaller(pixels, request);
	const left = (request.deadline.getTime() - Date.now()) / 1000;
	const { lines, complete } = await readText(pixels, { seconds: Math.min(readingBudget.seconds, left) });
	const description = describe(lines, request);
	description.image_details.text_lines = lines.slice(0, maxStoredLines).map(({ words: _, ...line }) => line);
	if (!complete || isReduced) {
		description.image_details.text_complete = false;
		description.summary += " Its text was not read to the end.";
	}
	return description;
}

/** Small print of a picture that was read at less than half its size is lost. */
function isFarSmaller(pixels: Pixels, { width, height }: VisionRequest): boolean {
	return Math.max(width, height) > 2 * Math.max(pixels.width, pixels.height);
}
