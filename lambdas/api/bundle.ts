import { wordVectorsAsset } from "#ai/offline/word-vectors-asset.ts";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = {
	// Voyage's SDK runs some models on this machine with it; we use none of them.
	unused: ["@huggingface/transformers"],
	files: {
		"docs/swagger-ui-bundle.js": "node_modules/swagger-ui-dist/swagger-ui-bundle.js",
		"docs/swagger-ui.css": "node_modules/swagger-ui-dist/swagger-ui.css",
		[`word-vectors/${wordVectorsAsset.name}`]: wordVectorsAsset.from,
	},
} satisfies BundleParts;
