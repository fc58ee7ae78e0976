import { readerAssets, readerThread } from "#ai/offline/ocr/assets.ts";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = {
	natives: ["sharp", "onnxruntime-node"],
	threads: { [`ocr/${readerThread.name}`]: readerThread.from },
	files: Object.fromEntries(Object.values(readerAssets).map(({ name, from }) => [`ocr/${name}`, from])),
} satisfies BundleParts;
