/**
 * The files that text recognition reads at run time: the folder `tesseract/` beside a bundle, or these files where they are installed.
 * One core of the eight that the package brings; its `.js` is CommonJS, hence the new ending.
 */
export const tesseractAssets = [
	{
		from: "node_modules/tesseract.js-core/tesseract-core-simd-lstm.js",
		name: "tesseract-core.cjs",
	},
	{
		from: "node_modules/tesseract.js-core/tesseract-core-simd-lstm.wasm",
		name: "tesseract-core.wasm",
	},
	{
		from: "node_modules/@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz",
		name: "eng.traineddata.gz",
	},
] as const;

/** Runs as a thread of its own, so the build compiles it to a file of its own: `tesseract/ocr-worker.mjs`. */
export const tesseractWorker = {
	from: "packages/ai/offline/ocr-worker.ts",
	name: "ocr-worker.mjs",
} as const;
