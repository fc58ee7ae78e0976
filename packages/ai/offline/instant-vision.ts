import { imageDescription } from "#core/items/analysis.ts";
import type { Vision } from "#core/ports/index.ts";

/** Returns a vision provider that takes no time and sees nothing, for benches of everything else. */
export function instantVision(): Vision {
	return {
		async describe({ originalFilename }) {
			return {
				provider: "instant",
				model: "none",
				traceId: null,
				usage: [],
				description: imageDescription.parse({
					category: "Other",
					headline: originalFilename,
					summary: "Not looked at.",
					image_details: {},
					media_metadata: {},
				}),
			};
		},
	};
}
