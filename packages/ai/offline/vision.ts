import type { Vision, VisionRequest } from "#core/ports/index.ts";
import { describe } from "./describe.ts";
import { ReadingTooSlow, readText, secondsToRead } from "./ocr.ts";

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

/** Describes an image without its text where reading takes too long, as with noise: its item must not fail. */
async function describeRequest(request: VisionRequest) {
	try {
		const left = (request.deadline.getTime() - Date.now()) / 1000;
		const text = await readText(request.image, Math.min(secondsToRead, left));
		return describe(text, request);
	} catch (error) {
		if (!(error instanceof ReadingTooSlow)) throw error;
		const description = describe([], request);
		description.summary += " Its text could not be read in time.";
		return description;
	}
}
