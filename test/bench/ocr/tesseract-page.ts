import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";

/** The part of tesseract.js-core's API used here. */
interface Core {
	FS: { writeFile(path: string, bytes: Uint8Array): void };
	TessBaseAPI: new () => {
		Init(folder: string, language: string, engine: number): number;
		SetImageFile(exifOrientation: number, angle: number): number;
		Recognize(monitor: null): number;
		GetUTF8Text(): string;
		Clear(): void;
	};
}

/** Returns Tesseract as the product used it until December 2026: English, a whole page at once. */
export async function tesseractPage(): Promise<(image: Uint8Array) => string> {
	const require = createRequire(import.meta.url);
	const core: Core = await require("tesseract.js-core/tesseract-core-simd-lstm.js")({
		wasmBinary: readFileSync(require.resolve("tesseract.js-core/tesseract-core-simd-lstm.wasm")),
		print: () => {},
		printErr: () => {},
	});
	const data = require.resolve("@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz");
	core.FS.writeFile("/eng.traineddata", gunzipSync(readFileSync(data)));
	const tesseract = new core.TessBaseAPI();
	if (tesseract.Init("/", "eng", 1) !== 0) throw new Error("Tesseract did not start.");
	return (image) => {
		core.FS.writeFile("/input", image);
		if (tesseract.SetImageFile(1, 0) !== 0) throw new Error("Tesseract could not read the image.");
		tesseract.Recognize(null);
		const text = tesseract.GetUTF8Text();
		tesseract.Clear();
		return text;
	};
}
