import type { TextLine } from "#core/items/analysis.ts";

/** A line whose words are to be trusted, or less of it. */
export type LegibleLine = Required<TextLine>;
type Word = LegibleLine["words"][number];

/** Everything in a line of this confidence was written, however short (a code, a currency), but for an unsure lone letter or digit. */
const sureLine = 0.85;
/** In other lines a word of this confidence is mostly right. */
export const sureWord = 0.7;
/** A title of less sure words would be noise in large type. */
const sureTitle = 0.85;
/** In UTF-16 code units. */
export const maxTitleLength = 120;

/** Keeps the words that were surely written, and drops the noise that pictures give. */
export function legible(line: TextLine): LegibleLine {
	const words = line.words ?? [line];
	if (line.confidence >= sureLine) return { ...line, words: words.filter((word) => !isGhost(word, words)) };
	return {
		...line,
		words: words.filter(({ text, confidence }) => confidence >= sureWord && /[\p{L}\p{N}]/u.test(text)),
	};
}

/** Detects a letter or digit that the recognizer saw in a gap between two words, or in an icon beside them. */
const isGhost = ({ text, confidence }: Word, words: readonly Word[]) =>
	words.length > 1 && confidence < sureWord && /^[\p{L}\p{N}]$/u.test(text);

/** A line that may state facts: a digit that was misread is a wrong fact. */
export const isSure = ({ confidence }: LegibleLine): boolean => confidence >= sureLine;

/** Returns the text of a line's legible words. */
export function textOf(line: LegibleLine): string {
	return line.words
		.map((word) => word.text)
		.join(" ")
		.slice(0, 2_000);
}

const controls = new Set(
	"home discover inbox profile explore following shop for you friends search notifications settings menu reels see more less reply share save like comment cancel done edit back next".split(
		" ",
	),
);

/** Detects a row of an app's buttons, which says nothing about what the app shows. */
export function isControls(line: LegibleLine): boolean {
	const words =
		textOf(line)
			.toLowerCase()
			.match(/\p{L}{2,}/gu) ?? [];
	const known = words.filter((word) => controls.has(word)).length;
	return known >= 2 && known * 3 >= words.length * 2;
}

/** Returns the largest, longest and best-read line: most likely what the image is about. */
export const titleOf = (lines: LegibleLine[]): string | null => titleIn(lines)?.text ?? null;

/** Returns the same with the line that has it. */
export function titleIn(lines: LegibleLine[]): { line: LegibleLine; text: string } | null {
	let best: { line: LegibleLine; text: string; weight: number } | null = null;
	for (const line of lines) {
		const words = line.words.filter(({ text, confidence }) => confidence >= sureTitle && !/^[#@]/.test(text));
		const text = words.map((word) => word.text).join(" ");
		const letters = text.match(/\p{L}/gu)?.length ?? 0;
		if (letters < minTitleLetters(text) || letters * 2 < text.length) continue;
		const weight = line.box.height * Math.min(letters, 16);
		// Measured heights vary with the letters: of equals, the first is the title.
		if (weight > (best?.weight ?? 0) * 1.15) best = { line, text: text.slice(0, maxTitleLength), weight };
	}
	return best;
}

/** Two characters are a word of Chinese and Japanese. */
const minTitleLetters = (text: string) => (/[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]/u.test(text) ? 2 : 4);
