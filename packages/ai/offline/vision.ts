import type { Vision } from "#core/ports.ts";
import { describe } from "./describe.ts";
import { readText } from "./ocr.ts";

/** Describes images without any model provider: by the text read in them. */
export function offlineVision(): Vision {
	return {
		describe: async (request) => ({
			description: describe(await readText(request.image), request),
			provider: "offline",
			model: "tesseract-5-eng-best-int",
			traceId: null,
			usage: [],
		}),
	};
}
