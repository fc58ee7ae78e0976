import { tesseractAssets, tesseractWorker } from "#ai/offline/tesseract-assets.ts";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = {
	threads: { [`tesseract/${tesseractWorker.name}`]: tesseractWorker.from },
	files: Object.fromEntries(tesseractAssets.map(({ name, from }) => [`tesseract/${name}`, from])),
} satisfies BundleParts;
