import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import type { Pixels } from "#core/ports/index.ts";
import { type Rectangle, sample } from "./sample.ts";

/** Where the files of Tesseract are. */
export interface TesseractPaths {
	core: string;
	wasm: string;
	/** The trained data of each language. */
	deu: string;
	fra: string;
	spa: string;
	jpn: string;
}

/** A language of which there is trained data, by ISO 639-3. */
export type Language = Exclude<keyof TesseractPaths, "core" | "wasm">;

/** Reads one line of a picture: its words as Tesseract divides them, with its confidence from 0 to 1. */
export type TesseractLine = (pixels: Pixels, box: Rectangle) => { text: string; confidence: number }[];

/** The part of tesseract.js-core's API used here. */
interface Core {
	FS: { writeFile(path: string, bytes: Uint8Array): void };
	TessBaseAPI: new () => {
		/** 0 where it succeeded. */
		Init(folder: string, languages: string, engine: number): number;
		SetPageSegMode(mode: number): void;
		/** Reads `/input`. 0 where it succeeded. */
		SetImageFile(exifOrientation: number, angle: number): number;
		Recognize(monitor: null): number;
		GetTSVText(page: number): string;
		Clear(): void;
	};
}

const lstmEngine = 1;
const singleLine = 7;
/** The height at which Tesseract reads best, with what is above and below the letters. */
const height = 48;
const maxWidth = 3_200;
/** Sampled as they are, 0 to 255. */
const asBytes = { mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255] } as const;

/** Loads Tesseract with one language, which takes half a second of the processor. */
export async function loadTesseract(paths: TesseractPaths, language: Language): Promise<TesseractLine> {
	const core: Core = await createRequire(import.meta.url)(paths.core)({
		wasmBinary: readFileSync(paths.wasm),
		print: () => {},
		printErr: () => {},
	});
	core.FS.writeFile(`/${language}.traineddata`, gunzipSync(readFileSync(paths[language])));
	const tesseract = new core.TessBaseAPI();
	if (tesseract.Init("/", language, lstmEngine) !== 0) throw new Error(`Tesseract could not load ${paths[language]}.`);
	tesseract.SetPageSegMode(singleLine);

	return (pixels, box) => {
		const width = Math.min(maxWidth, Math.max(1, Math.round((height * box.width) / box.height)));
		core.FS.writeFile("/input", greyMap(sample(pixels, box, { width, height }, asBytes), width));
		if (tesseract.SetImageFile(1, 0) !== 0) throw new Error("Tesseract could not read the line's picture.");
		tesseract.Recognize(null);
		const table = tesseract.GetTSVText(0);
		tesseract.Clear();
		return wordsOf(table);
	};
}

/** Returns planes of blue, green and red as a PGM file of dark letters on a light background. */
function greyMap(planes: Float32Array, width: number): Uint8Array {
	const size = planes.length / 3;
	const header = new TextEncoder().encode(`P5\n${width} ${height}\n255\n`);
	const file = new Uint8Array(header.length + size);
	file.set(header);
	let sum = 0;
	for (let at = 0; at < size; at++) {
		const [blue, green, red] = [planes[at], planes[at + size], planes[at + 2 * size]] as [number, number, number];
		const grey = Math.round((red * 2 + green * 5 + blue) / 8);
		file[header.length + at] = grey;
		sum += grey;
	}
	// Letters cover the smaller part of their line.
	if (sum < 128 * size) for (let at = header.length; at < file.length; at++) file[at] = 255 - (file[at] as number);
	return file;
}

/** Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text. */
function wordsOf(table: string): { text: string; confidence: number }[] {
	return table.split("\n").flatMap((row) => {
		const cells = row.split("\t");
		const text = cells[11]?.trim();
		return cells[0] === "5" && text ? [{ text, confidence: Number(cells[10]) / 100 }] : [];
	});
}
