import type { TextLine } from "#core/items/analysis.ts";
import type { Pixels } from "#core/ports/index.ts";
import { textBoxes } from "./boxes.ts";
import { type Detail, detailOf } from "./detail.ts";
import { detect, maxTileSide } from "./detect.ts";
import { type PlacedLine, textLines } from "./lines.ts";
import type { Models } from "./models.ts";
import { type Recognized, recognize } from "./recognize.ts";
import type { Rectangle } from "./sample.ts";
import { betterReadIn, readAgain } from "./second-reader.ts";
import type { Language, TesseractLine } from "./tesseract.ts";
import { asItLies, lying, type Quarters, upright } from "./turn.ts";

/** Says whether a share of the budget, 0 to 1, is left over. */
export type Budget = (share: number) => boolean;

/** A picture is first looked at no smaller than this. */
const minScale = 0.5;
/** Text of fewer pixels is found badly, so the picture is looked at again, larger. */
const minFoundHeight = 16;
/** Such text is the picture's own where it is this part of its lines. */
const minSmallShare = 0.1;
/** Below it a line is noise: textures and icons of which the recognizer makes letters, mostly one or two. */
const minConfidence = 0.6;
const minShortConfidence = 0.8;
const shortLine = 2;
/** The share of the budget for finding text: what is found has to be read, too. */
const detectionShare = 0.5;

/** The lines by which a picture's orientation is judged: their number, and how much longer than high each is. */
const judgedLines = 5;
const minElongation = 2;
/** Upright text is read more surely than this, and upside down by this much less. */
const minUpright = 0.8;
const minGain = 0.1;

/** In pixels. No font is so low; of fine noise it is a speck. */
const minLineHeight = 6;
/** After so many found lines in a row without text the rest is taken for noise, or for a script that is not known. */
const maxFruitless = 40;
/** Lines as sure as this are kept where the picture is in a script that the recognizer does not know. */
const minForeignConfidence = 0.97;

/** The text of a picture, as far as it was read. */
export interface ReadText {
	lines: TextLine[];
	complete: boolean;
}

/** Reads the text of a picture: finds its lines, then reads one after another from the top. */
export async function readPixels(pixels: Pixels, models: Readers, budget: Budget): Promise<ReadText> {
	const found = await findLines(pixels, models, budget);
	const quarters = await quartersOf(pixels, found.boxes, models);
	if (quarters === 0) return readLines(pixels, found, models, budget);
	const turned = upright(pixels, quarters);
	const { lines, complete } = await readLines(turned, await findLines(turned, models, budget), models, budget);
	return { lines: lines.map((line) => lineAsItLies(line, quarters)), complete };
}

/** PP-OCR, and Tesseract for the languages that it reads better, each loaded when it is needed. */
export interface Readers extends Models {
	tesseractOf(language: Language): Promise<TesseractLine>;
}

interface FoundLines {
	/** From top to bottom. */
	boxes: Rectangle[];
	complete: boolean;
}

async function readLines(pixels: Pixels, found: FoundLines, models: Readers, budget: Budget): Promise<ReadText> {
	const placed: PlacedLine[] = [];
	const doubtful: PlacedLine[] = [];
	let fruitless = 0;
	for (const box of found.boxes) {
		if (fruitless === maxFruitless) {
			// Among noise a character or two is noise, too.
			return { lines: textLines(placed.filter(isLong), pixels), complete: false };
		}
		if (!budget(1)) return { lines: textLines(placed, pixels), complete: false };
		if (box.height < minLineHeight) {
			fruitless++;
			continue;
		}
		const recognized = await recognize(pixels, box, models.recognizer, models.alphabet);
		(isText(recognized) ? placed : doubtful).push({ ...recognized, box });
		fruitless = isText(recognized) ? 0 : fruitless + 1;
	}
	if (placed.some(isForeign)) {
		const known = placed.filter(({ confidence }) => confidence >= minForeignConfidence);
		return { lines: textLines(known, pixels), complete: false };
	}
	const language = betterReadIn(placed);
	if (!language) return { lines: textLines(placed, pixels), complete: found.complete };
	const read = await models.tesseractOf(language);
	const lines = readAgain(
		placed,
		doubtful,
		language,
		(box) => read(pixels, box),
		() => budget(1),
	);
	return { lines: textLines(lines, pixels), complete: found.complete };
}

const isLong = ({ characters }: Recognized) => characters.length > shortLine;

const isText = (line: Recognized) => line.confidence >= (isLong(line) ? minConfidence : minShortConfidence);

/** Detects Cyrillic, of which the recognizer knows a few letters and reads the others as Latin ones: in one word are both. */
const isForeign = ({ characters }: Recognized) =>
	/\p{Script=Cyrillic}\p{Script=Latin}|\p{Script=Latin}\p{Script=Cyrillic}/u.test(
		characters.map(({ text }) => text).join(""),
	);

/** Finds out how a picture's text lies, by the largest of its lines: a photo held sideways may have no orientation. */
async function quartersOf(pixels: Pixels, boxes: readonly Rectangle[], models: Models): Promise<Quarters> {
	const lines = boxes
		.filter(({ width, height }) => Math.max(width, height) > minElongation * Math.min(width, height))
		.sort((a, b) => b.width * b.height - a.width * a.height)
		.slice(0, judgedLines);
	if (lines.length === 0) return 0;
	const confidence = async (quarters: Quarters) => {
		let sum = 0;
		for (const box of lines) {
			sum += (await recognize(pixels, lying(box, quarters), models.recognizer, models.alphabet)).confidence;
		}
		return sum / lines.length;
	};
	const isTall = lines.filter(({ width, height }) => height > width).length * 2 > lines.length;
	if (isTall) return (await confidence(1)) >= (await confidence(3)) ? 1 : 3;
	const asItIs = await confidence(0);
	return asItIs < minUpright && (await confidence(2)) > asItIs + minGain ? 2 : 0;
}

function lineAsItLies(line: TextLine, quarters: Quarters): TextLine {
	const words = line.words?.map((word) => ({ ...word, box: asItLies(word.box, quarters) }));
	return { ...line, box: asItLies(line.box, quarters), ...(words && { words }) };
}

/** Finds the lines from top to bottom, at the smallest scale that shows them well. */
async function findLines(pixels: Pixels, models: Models, budget: Budget): Promise<FoundLines> {
	const detail = detailOf(pixels);
	const longerSide = Math.max(pixels.width, pixels.height);
	const scale = Math.min(1, Math.max(minScale, maxTileSide / longerSide));
	const first = await boxesAt(scale, pixels, detail, models, budget);
	const small = first.boxes.filter(({ height }) => height * scale < minFoundHeight).length;
	if (scale === 1 || small <= first.boxes.length * minSmallShare) return first;
	const second = await boxesAt(1, pixels, detail, models, budget);
	return second.complete ? second : { boxes: first.boxes, complete: false };
}

async function boxesAt(scale: number, pixels: Pixels, detail: Detail, { detector }: Models, budget: Budget) {
	const { map, complete } = await detect(pixels, detail, scale, detector, () => budget(detectionShare));
	const boxes = textBoxes(map).map(
		({ x, y, width, height, angle }): Rectangle => ({
			x: x / scale,
			y: y / scale,
			width: width / scale,
			height: height / scale,
			angle,
		}),
	);
	return { boxes: boxes.sort((a, b) => a.y - a.height / 2 - (b.y - b.height / 2)), complete };
}
