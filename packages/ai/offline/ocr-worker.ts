import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import { type Band, type Bitmap, bandsOf, edgesByRow } from "./bitmap.ts";

/** One image for this thread. */
export interface ReadingTask {
	image: Uint8Array;
	maxPixels: number;
	maxEdges: number;
	edgesPerBand: number;
}

/**
 * First what this thread had used of the processor before it began with the image; then Tesseract's table of a band of the
 * image, from top to bottom, or what of the image was too much to read it.
 */
export type ReadingResult =
	| { begun: NodeJS.CpuUsage }
	| { table: string; isLast: boolean }
	| { tooMany: "pixels" | "edges" };

/** Leptonica's image in the memory of the core: rows of 32-bit words, the leftmost pixel in the highest bits. */
interface Pix {
	get_w(): number;
	get_h(): number;
	/** Bits of a pixel: 1, 8, or 32 for red, green, blue and nothing. */
	get_d(): number;
	/** Words of a row. */
	get_wpl(): number;
	get_data(): number;
}

/** The part of tesseract.js-core's API used here. */
interface Core {
	FS: { writeFile(path: string, bytes: Uint8Array): void };
	TessBaseAPI: new () => {
		/** 0 where it succeeded. */
		Init(folder: string, language: string, engine: number): number;
		/** Reads `/input`. 0 where it succeeded. */
		SetImageFile(exifOrientation: number, angle: number): number;
		SetImage(pixels: number, width: number, height: number, bytesPerPixel: number, bytesPerRow: number): void;
		GetInputImage(): Pix;
		/** The image in black and white, from which Tesseract reads. The caller destroys its reference. */
		GetThresholdedImage(): Pix;
		Recognize(monitor: null): number;
		GetTSVText(page: number): string;
		Clear(): void;
	};
	getPointer(pix: Pix): number;
	_malloc(bytes: number): number;
	_free(pointer: number): void;
	/** Takes the address of a pointer to the image. */
	_pixDestroy(pointer: number): void;
}

/** The part of WebAssembly used here; the compiler's library without a browser has none of it. */
declare const WebAssembly: {
	instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
	Memory: new () => { buffer: ArrayBuffer };
};

const lstmEngine = 1;
const paths: { core: string; wasm: string; language: string } = workerData;

let memory = { buffer: new ArrayBuffer(0) };

// No try or catch: what goes wrong in here ends this thread, and the next image gets a fresh one.
const core: Core = await createRequire(import.meta.url)(paths.core)({
	// Otherwise the core keeps its memory to itself.
	instantiateWasm(imports: object, receive: (instance: object) => void) {
		void WebAssembly.instantiate(readFileSync(paths.wasm), imports).then(({ instance }) => {
			const found = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
			if (!found) throw new Error("Tesseract exports no memory.");
			memory = found;
			receive(instance);
		});
		return {};
	},
	print: () => {},
	printErr: () => {},
});
core.FS.writeFile("/eng.traineddata", gunzipSync(readFileSync(paths.language)));
const tesseract = new core.TessBaseAPI();
if (tesseract.Init("/", "eng", lstmEngine) !== 0) {
	throw new Error(`Tesseract could not load ${paths.language}.`);
}

parentPort?.on("message", ({ image, maxPixels, maxEdges, edgesPerBand }: ReadingTask) => {
	const post = (result: ReadingResult) => parentPort?.postMessage(result);
	post({ begun: process.threadCpuUsage() });
	core.FS.writeFile("/input", image);
	if (tesseract.SetImageFile(1, 0) !== 0) {
		throw new Error("Tesseract could not read the image.");
	}
	const { pixels, edges } = measure();
	if (pixels > maxPixels) post({ tooMany: "pixels" });
	else if (edges.reduce((sum, row) => sum + row, 0) > maxEdges) post({ tooMany: "edges" });
	else {
		const bands = bandsOf(edges, edgesPerBand);
		if (bands.length === 1) post({ table: recognise(), isLast: true });
		else readBands(bands, post);
	}
	tesseract.Clear();
});

function recognise(): string {
	tesseract.Recognize(null);
	return tesseract.GetTSVText(0);
}

/** Measures the image in black and white, which takes a hundredth of the time to read it. */
function measure(): { pixels: number; edges: number[] } {
	const pix = tesseract.GetThresholdedImage();
	const edges = edgesByRow(bitmapOf(pix));
	const pixels = pix.get_w() * pix.get_h();
	destroy(pix);
	return { pixels, edges };
}

/** Reads each band as an image of its own: the core's rectangles of an image give other rows than their own. */
function readBands(bands: readonly Band[], post: (result: ReadingResult) => void): void {
	const input = tesseract.GetInputImage();
	const { width, words, wordsPerRow } = bitmapOf(input);
	const isGrey = input.get_d() === 8;
	const greyAt = (row: number, column: number): number => {
		const word = words[row * wordsPerRow + (isGrey ? column >> 2 : column)] as number;
		if (isGrey) return (word >>> (24 - 8 * (column & 3))) & 255;
		return (2 * (word >>> 24) + 5 * ((word >>> 16) & 255) + ((word >>> 8) & 255)) >> 3;
	};
	const images = bands.map(({ top, height }) =>
		Uint8Array.from({ length: width * height }, (_, at) => greyAt(top + Math.floor(at / width), at % width)),
	);
	for (const [at, image] of images.entries()) {
		const pointer = core._malloc(image.length);
		new Uint8Array(memory.buffer).set(image, pointer);
		tesseract.Clear();
		tesseract.SetImage(pointer, width, image.length / width, 1, width);
		post({ table: recognise(), isLast: at === images.length - 1 });
		core._free(pointer);
	}
}

function bitmapOf(pix: Pix): Bitmap {
	const [width, height, wordsPerRow] = [pix.get_w(), pix.get_h(), pix.get_wpl()];
	return { width, height, wordsPerRow, words: new Uint32Array(memory.buffer, pix.get_data(), wordsPerRow * height) };
}

function destroy(pix: Pix): void {
	const pointer = core._malloc(4);
	new DataView(memory.buffer).setUint32(pointer, core.getPointer(pix), true);
	core._pixDestroy(pointer);
	core._free(pointer);
}
