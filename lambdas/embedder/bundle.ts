import { wordVectorsAsset } from "#ai/offline/word-vectors-asset.ts";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = {
	// Voyage's SDK runs some models on this machine with it; we use none of them.
	unused: ["@huggingface/transformers"],
	files: { [`word-vectors/${wordVectorsAsset.name}`]: wordVectorsAsset.from },
} satisfies BundleParts;
