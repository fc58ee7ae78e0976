import type { Vision, VisionRequest } from "#core/ports/index.ts";
import { describe } from "./describe/describe.ts";
import { readPicture, storedLines } from "./read-picture.ts";

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

/** Describes an image. Where its text takes too much to read, it says so: its item must not fail. */
async function describeRequest(request: VisionRequest) {
	const { lines, complete } = await readPicture(request);
	const description = describe(lines, request);
	description.image_details.text_lines = storedLines(lines);
	if (!complete) {
		description.image_details.text_complete = false;
		description.summary += " Its text was not read to the end.";
	}
	return description;
}
