import type { Vision, VisionRequest } from "#core/ports/index.ts";
import { describe } from "./describe.ts";
import { readingBudget, readText } from "./ocr.ts";

/** Describes images without a model provider, by the text read in them. */
export function offlineVision(): Vision {
	return {
		describe: async (request) => ({
			description: await describeRequest(request),
			provider: "offline",
			model: "tesseract-5-eng-best-int",
			traceId: null,
			usage: [],
		}),
	};
}

/** Describes an image. Where its text takes too much to read, as with noise, it says so: its item must not fail. */
async function describeRequest(request: VisionRequest) {
	const left = (request.deadline.getTime() - Date.now()) / 1000;
	const { lines, endedBy } = await readText(request.image, { seconds: Math.min(readingBudget.seconds, left) });
	const description = describe(lines, request);
	if (endedBy) {
		description.image_details.text_complete = false;
		description.summary += " Its text was not read to the end.";
	}
	return description;
}
