import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync } from "node:zlib";

/** The part of tesseract.js-core's API used here. */
interface Core {
	FS: { writeFile(path: string, bytes: Uint8Array): void };
	TessBaseAPI: new () => {
		/** 0 where it succeeded. */
		Init(folder: string, language: string, engine: number): number;
		/** Reads `/input`. 0 where it succeeded. */
		SetImageFile(exifOrientation: number, angle: number): number;
		Recognize(monitor: null): number;
		GetTSVText(page: number): string;
		Clear(): void;
	};
}

const lstmEngine = 1;
const paths: { core: string; wasm: string; language: string } = workerData;

// No try or catch: what goes wrong in here ends this thread, and the next image gets a fresh one.
const core: Core = await createRequire(import.meta.url)(paths.core)({
	wasmBinary: readFileSync(paths.wasm),
	print: () => {},
	printErr: () => {},
});
core.FS.writeFile("/eng.traineddata", gunzipSync(readFileSync(paths.language)));
const tesseract = new core.TessBaseAPI();
if (tesseract.Init("/", "eng", lstmEngine) !== 0) {
	throw new Error(`Tesseract could not load ${paths.language}.`);
}

parentPort?.on("message", (image: Uint8Array) => {
	core.FS.writeFile("/input", image);
	if (tesseract.SetImageFile(1, 0) !== 0) {
		throw new Error("Tesseract could not read the image.");
	}
	tesseract.Recognize(null);
	parentPort?.postMessage(tesseract.GetTSVText(0));
	tesseract.Clear();
});
