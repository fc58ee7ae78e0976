import type { TextBox, TextLine, TextWord } from "#core/items/analysis.ts";
import type { Pixels } from "#core/ports/index.ts";
import type { Recognized } from "./recognize.ts";
import type { Rectangle } from "./sample.ts";

/** A recognized line and where it is. */
export interface PlacedLine extends Recognized {
	box: Rectangle;
}

/** Pieces of a row belong together where the gap between them is at most this many times their height. */
const maxGap = 1;
/** Pieces of a row overlap by this part of the lower one's height. */
const minOverlap = 0.6;

/** Returns recognized lines as text, in the order of reading; pieces of a row that are close together are one line. */
export function textLines(placed: readonly PlacedLine[], size: Pick<Pixels, "width" | "height">): TextLine[] {
	const lines: TextLine[] = [];
	for (const row of rowsOf(placed)) {
		const words = row.flatMap((line) => wordsOf(line, size));
		if (words.length === 0) continue;
		const weight = row.reduce((sum, { characters }) => sum + characters.length, 0);
		lines.push({
			text: words.map(({ text }) => text).join(" "),
			confidence: rounded(row.reduce((sum, line) => sum + line.confidence * line.characters.length, 0) / weight),
			box: around(words.map(({ box }) => box)),
			words,
		});
	}
	return lines;
}

/** Groups the pieces by rows from top to bottom, each from left to right. */
function rowsOf(placed: readonly PlacedLine[]): PlacedLine[][] {
	const rows: PlacedLine[][] = [];
	for (const line of placed.toSorted((a, b) => a.box.x - b.box.x)) {
		const row = rows.find((each) => continues(each.at(-1) as PlacedLine, line));
		if (row) row.push(line);
		else rows.push([line]);
	}
	// Of two rows that are beside each other the left one comes first.
	const top = ([first]: PlacedLine[]) => (first as PlacedLine).box.y - (first as PlacedLine).box.height / 2;
	return rows.sort((a, b) => top(a) - top(b));
}

function continues({ box: left }: PlacedLine, { box: right }: PlacedLine): boolean {
	const height = Math.min(left.height, right.height);
	if (Math.max(left.height, right.height) > 2 * height) return false;
	const gap = right.x - right.width / 2 - (left.x + left.width / 2);
	if (gap > maxGap * height || gap < -height) return false;
	const top = Math.max(left.y - left.height / 2, right.y - right.height / 2);
	const bottom = Math.min(left.y + left.height / 2, right.y + right.height / 2);
	return bottom - top >= minOverlap * height;
}

/** Divides a line at its spaces. A character's place follows from its step. */
function wordsOf({ characters, steps, box }: PlacedLine, size: Pick<Pixels, "width" | "height">): TextWord[] {
	const words: TextWord[] = [];
	let first = 0;
	for (let at = 0; at <= characters.length; at++) {
		if (at < characters.length && characters[at]?.text !== " ") continue;
		const own = characters.slice(first, at);
		first = at + 1;
		const [start, end] = [own[0]?.step, own.at(-1)?.step];
		if (start === undefined || end === undefined) continue;
		words.push({
			text: withCapitalI(own.map(({ text }) => text).join("")),
			confidence: rounded(own.reduce((sum, { confidence }) => sum + confidence, 0) / own.length),
			box: fractions(part(box, start / steps, (end + 1) / steps), size),
		});
	}
	return words;
}

/**
 * Reads a small L as a capital I, which looks the same in many fonts, where hardly a word begins so: "lnvoice". Three letters
 * may be a unit or an abbreviation ("lbs", "ltd").
 */
const withCapitalI = (word: string) => word.replace(/^l(?=[bcdfgjkmnpqrstvwxz][a-z]{2,}[^\p{L}]*$)/u, "I");

/** Returns the part of a rectangle between two fractions of its width. */
function part(box: Rectangle, from: number, to: number): Rectangle {
	const middle = ((from + to) / 2 - 0.5) * box.width;
	return {
		...box,
		x: box.x + middle * Math.cos(box.angle),
		y: box.y + middle * Math.sin(box.angle),
		width: (to - from) * box.width,
	};
}

/** Returns the upright box around a rectangle in fractions of the picture. */
function fractions({ x, y, width, height, angle }: Rectangle, size: Pick<Pixels, "width" | "height">): TextBox {
	const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
	const [halfWidth, halfHeight] = [(width * cos + height * sin) / 2, (width * sin + height * cos) / 2];
	const within = (value: number) => Math.min(1, Math.max(0, value));
	const [left, right] = [within((x - halfWidth) / size.width), within((x + halfWidth) / size.width)];
	const [top, bottom] = [within((y - halfHeight) / size.height), within((y + halfHeight) / size.height)];
	return { x: rounded(left), y: rounded(top), width: rounded(right - left), height: rounded(bottom - top) };
}

function around(boxes: readonly TextBox[]): TextBox {
	const x = Math.min(...boxes.map((box) => box.x));
	const y = Math.min(...boxes.map((box) => box.y));
	const right = Math.max(...boxes.map((box) => box.x + box.width));
	const bottom = Math.max(...boxes.map((box) => box.y + box.height));
	return { x, y, width: rounded(right - x), height: rounded(bottom - y) };
}

/** Four digits tell half a pixel of 5,000 apart. */
const rounded = (value: number) => Math.round(value * 10_000) / 10_000;
