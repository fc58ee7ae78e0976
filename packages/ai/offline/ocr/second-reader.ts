import { fold } from "#text/fold.ts";
import { detectLanguage } from "#text/languages.ts";
import { accented } from "./accents.ts";
import type { PlacedLine } from "./lines.ts";
import type { Language, TesseractLine } from "./tesseract.ts";

/** Reads a line of the picture by Tesseract. */
type SecondReader = (box: PlacedLine["box"]) => ReturnType<TesseractLine>;

/** Languages whose accents PP-OCR loses, by the language that their stop words tell. */
const accentedLanguages: Readonly<Record<string, Language>> = { de: "deu", fr: "fra", es: "spa" };
/** Letters of which PP-OCR's alphabet has some; a receipt has no stop words, but mostly one of these. */
const accentedLetters: readonly [RegExp, Language][] = [
	[/[äöüß]/i, "deu"],
	[/[ñ¿¡]/i, "spa"],
	[/[àâçèéêëîïôùûœ]/i, "fra"],
];
/** The kana of PP-OCR's alphabet; Chinese has none. */
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
/** Tesseract's own confidence, below which it saw no Japanese. */
const minJapanese = 0.6;
/** PP-OCR's, above which a line without Japanese stays as it is. */
const sure = 0.9;

/** Returns the language of lines that Tesseract reads better; null where PP-OCR does. */
export function betterReadIn(lines: readonly PlacedLine[]): Language | null {
	const texts = lines.map(textOf);
	if (texts.some((text) => kana.test(text))) return "jpn";
	const words = texts.flatMap((text) => text.match(/\p{L}+/gu) ?? []).map(fold);
	const detected = detectLanguage(words);
	if (detected !== "en") return accentedLanguages[detected] ?? null;
	return accentedLetters.find(([letters]) => texts.some((text) => letters.test(text)))?.[1] ?? null;
}

/**
 * Reads lines again in their language. Of Latin languages only the accents are taken, of Japanese whole lines, also those
 * of which PP-OCR made noise.
 * @param doubtful lines that PP-OCR read too badly to be kept
 */
export function readAgain(
	lines: readonly PlacedLine[],
	doubtful: readonly PlacedLine[],
	language: Language,
	read: SecondReader,
	mayGoOn: () => boolean,
): PlacedLine[] {
	const all: PlacedLine[] = [];
	for (const line of lines) {
		if (!mayGoOn()) all.push(line);
		else if (language !== "jpn") all.push(/\p{L}/u.test(textOf(line)) ? withAccents(line, read(line.box)) : line);
		else if (line.confidence > sure && !japanese.test(textOf(line))) all.push(line);
		else all.push(asJapanese(line, read(line.box)) ?? line);
	}
	if (language !== "jpn") return all;
	for (const line of doubtful) {
		const seen = mayGoOn() && asJapanese(line, read(line.box));
		if (seen) all.push(seen);
	}
	return all;
}

function withAccents(line: PlacedLine, seen: ReturnType<TesseractLine>): PlacedLine {
	const characters = [...line.characters];
	for (let first = 0; first < characters.length; ) {
		const end = characters.findIndex(({ text }, at) => at >= first && text === " ");
		const last = end < 0 ? characters.length : end;
		const word = characters
			.slice(first, last)
			.map(({ text }) => text)
			.join("");
		const better = seen.map(({ text }) => accented(word, text)).find((each) => each !== null);
		for (const [at, text] of [...(better ?? "")].entries()) {
			const character = characters[first + at];
			if (character) characters[first + at] = { ...character, text };
		}
		first = last + 1;
	}
	return { ...line, characters };
}

function asJapanese(line: PlacedLine, seen: ReturnType<TesseractLine>): PlacedLine | null {
	const text = seen
		.map((word) => word.text)
		.join(" ")
		// Tesseract divides Japanese into words.
		.replaceAll(/(?<=[^\x20-\x7e]) | (?=[^\x20-\x7e])/g, "");
	const confidence = seen.reduce((sum, word) => sum + word.confidence, 0) / Math.max(1, seen.length);
	if (!japanese.test(text) || confidence < minJapanese) return null;
	const characters = [...text].map((each, step) => ({ text: each, confidence, step }));
	return { ...line, characters, steps: characters.length, confidence };
}

const textOf = ({ characters }: PlacedLine) => characters.map(({ text }) => text).join("");
