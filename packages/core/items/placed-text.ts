import { fold } from "#text/fold.ts";
import type { ImageDescription, TextBox, TextWord } from "./analysis.ts";

/** A line of an image's text, and where it stands. */
export interface PlacedLine {
	text: string;
	/** Null where only a model saw the line, which does not say where. */
	box: TextBox | null;
	/** The reader's, 0 to 1; null where only a model saw the line. */
	confidence: number | null;
}

/** Two readings are of one line where they have this share of their pairs of letters in common. */
const minAlike = 0.6;
/** The lines of a paragraph are in it with this share of their pairs, and together have this share of its own. */
const minInParagraph = 0.7;
const minOfParagraph = 0.6;
/** Shorter texts stand in many lines by chance. */
const minPartLength = 4;

/**
 * Returns the text of an image, line by line from the top, in the words of the model that described it. The places are of
 * the lines that OCR found: the same line, a part of one, or the lines of a paragraph. OCR's other lines follow where they stand.
 */
export function placedText({
	image_details: { extracted_text: texts, text_lines: read = [] },
}: Pick<ImageDescription, "image_details">): PlacedLine[] {
	const readings = read.map((line, at): Reading => ({ ...line, ...letters(line.text), at, taken: 0 }));
	const wanted = texts.map((text): Wanted => ({ text, ...letters(text), place: null })).filter(({ key }) => key !== "");
	placeEqual(wanted, readings);
	placeParts(wanted, readings);
	placeAlike(wanted, readings);
	placeParagraphs(wanted, readings);
	return inOrder(wanted, readings);
}

interface Letters {
	/** The letters and digits alone, folded: readers differ in spaces and marks. */
	key: string;
	pairs: Map<string, number>;
}

interface Reading extends TextWord, Letters {
	at: number;
	/** How much of it stands in texts of the model, 0 to 1. */
	taken: number;
}

interface Place {
	box: TextBox;
	confidence: number;
	/** The number of the line, with the part of it before the text. */
	order: number;
}

interface Wanted extends Letters {
	text: string;
	place: Place | null;
}

function letters(text: string): Letters {
	const key = fold(text).replaceAll(/[^\p{L}\p{N}\p{M}]/gu, "");
	const pairs = new Map<string, number>();
	for (let at = 0; at + 1 < key.length; at++) {
		const pair = key.slice(at, at + 2);
		pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
	}
	return { key, pairs };
}

const count = ({ key }: Letters) => Math.max(0, key.length - 1);

function common(a: Letters, b: Letters): number {
	const [few, many] = a.pairs.size < b.pairs.size ? [a, b] : [b, a];
	let sum = 0;
	for (const [pair, times] of few.pairs) sum += Math.min(times, many.pairs.get(pair) ?? 0);
	return sum;
}

const wholeLine = ({ box, confidence, at }: Reading): Place => ({ box, confidence, order: at });

function placeEqual(wanted: Wanted[], readings: Reading[]): void {
	const free = Map.groupBy(readings, ({ key }) => key);
	for (const text of wanted) {
		const reading = free.get(text.key)?.shift();
		if (!reading) continue;
		text.place = wholeLine(reading);
		reading.taken = 1;
	}
}

/** Of pieces that stand in one row OCR may make one line. */
function placeParts(wanted: Wanted[], readings: Reading[]): void {
	for (const text of wanted) {
		if (text.place || text.key.length < minPartLength) continue;
		const reading = readings.find(
			({ key, taken }) => taken < 1 && key.length > text.key.length && key.includes(text.key),
		);
		if (!reading) continue;
		const from = reading.key.indexOf(text.key) / reading.key.length;
		const to = from + text.key.length / reading.key.length;
		text.place = { ...wholeLine(reading), box: partOf(reading, from, to), order: reading.at + from };
		reading.taken += to - from;
	}
}

/** Pairs the most alike first. */
function placeAlike(wanted: Wanted[], readings: Reading[]): void {
	const pairs = wanted
		.filter(({ place }) => !place)
		.flatMap((text) =>
			readings
				.filter(({ taken }) => taken === 0)
				.map((reading) => ({
					text,
					reading,
					alike: (2 * common(text, reading)) / Math.max(1, count(text) + count(reading)),
				})),
		)
		.filter(({ alike }) => alike >= minAlike)
		.sort((a, b) => b.alike - a.alike);
	for (const { text, reading } of pairs) {
		if (text.place || reading.taken > 0) continue;
		text.place = wholeLine(reading);
		reading.taken = 1;
	}
}

/** A model writes a paragraph as one text, whose lines stand one below the other. */
function placeParagraphs(wanted: Wanted[], readings: Reading[]): void {
	for (const text of wanted) {
		if (text.place) continue;
		const within = readings.filter(
			(each) => each.taken === 0 && count(each) > 1 && common(each, text) >= minInParagraph * count(each),
		);
		const best = paragraphs(within)
			.map((lines) => ({ lines, share: lines.reduce((sum, line) => sum + common(line, text), 0) / count(text) }))
			.sort((a, b) => b.share - a.share)[0];
		if (!best || best.share < minOfParagraph) continue;
		const { lines } = best;
		const [first] = lines as [Reading];
		text.place = {
			box: around(lines.map(({ box }) => box)),
			confidence: lines.reduce((sum, { confidence }) => sum + confidence, 0) / lines.length,
			order: first.at,
		};
		for (const line of lines) line.taken = 1;
	}
}

/** Groups lines from top to bottom where each begins at most a line's height and a half below the one before. */
function paragraphs(lines: Reading[]): Reading[][] {
	const groups: Reading[][] = [];
	for (const line of lines) {
		const group = groups.find((each) => continues((each.at(-1) as Reading).box, line.box));
		if (group) group.push(line);
		else groups.push([line]);
	}
	return groups;
}

function continues(above: TextBox, below: TextBox): boolean {
	const gap = below.y - (above.y + above.height);
	const overlap = Math.min(above.x + above.width, below.x + below.width) - Math.max(above.x, below.x);
	return overlap > 0 && gap < 1.5 * Math.max(above.height, below.height) && below.y >= above.y;
}

function inOrder(wanted: Wanted[], readings: Reading[]): PlacedLine[] {
	let last = -1;
	const texts = wanted.map(({ text, place }) => {
		// A line without a place follows the one that the model read before it.
		last = place?.order ?? last;
		return { order: last, line: { text, box: place?.box ?? null, confidence: place && round(place.confidence) } };
	});
	const others = readings
		.filter(({ taken }) => taken < 0.5)
		.map(({ text, box, confidence, at }) => ({ order: at, line: { text, box, confidence } }));
	return [...texts, ...others].sort((a, b) => a.order - b.order).map(({ line }) => line);
}

/**
 * Returns the part of a line's box between two fractions of its characters, as if all were equally wide. Of a line that
 * lies on its side, so is higher than wide, the whole box: nobody knows on which side.
 */
export function partOf({ text, box }: Pick<TextWord, "text" | "box">, from: number, to: number): TextBox {
	const isTurned = text.length > 2 && box.height > box.width;
	if (isTurned) return box;
	return { ...box, x: round(box.x + from * box.width), width: round((to - from) * box.width) };
}

function around(boxes: TextBox[]): TextBox {
	const x = Math.min(...boxes.map((box) => box.x));
	const y = Math.min(...boxes.map((box) => box.y));
	const right = Math.max(...boxes.map((box) => box.x + box.width));
	const bottom = Math.max(...boxes.map((box) => box.y + box.height));
	return { x, y, width: round(right - x), height: round(bottom - y) };
}

const round = (value: number) => Math.round(value * 10_000) / 10_000;
