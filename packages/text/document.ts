import { dateLexemes, findDates } from "./dates.ts";
import { fold, foldedForms } from "./fold.ts";
import { joinedTokens, telephoneLexeme } from "./joined.ts";
import { detectLanguage, type LatinLanguage, stemsOf } from "./languages.ts";
import { isLexeme, quoteLexeme } from "./lexeme.ts";
import { currencyOf, numberForms, wholePart } from "./numbers.ts";
import { normalize, type Token, tokenize } from "./tokens.ts";

/** Changes whenever the lexemes of a document do: documents of an earlier version are indexed anew. */
export const documentVersion = 2;

/** The text of a document by field, in the order of their weights. */
export interface DocumentText {
	headline: string;
	summary: string;
	labels: string;
	extractedText: string;
	/** As the person's device named the file. */
	filename: string;
	/** The person's own. @default none */
	note?: string;
	/** Sentences of the headline and summary that are known to be wrong: they weigh as little as text in the image. @default none */
	refuted?: readonly string[];
}

const fieldLabels = {
	headline: "A",
	summary: "B",
	labels: "C",
	extractedText: "D",
	filename: "D",
	note: "B",
	refuted: "D",
} as const satisfies Record<keyof DocumentText, string>;
type Field = keyof typeof fieldLabels;
const fields = Object.keys(fieldLabels) as Field[];

/** No phrase goes across two fields. */
const fieldGap = 10;
/** PostgreSQL's limits of a tsvector; what it has beyond them is left out. */
const maxPosition = 16_383;
const maxPositionsPerLexeme = 255;
const maxVectorBytes = 1_000_000;

/**
 * Returns a document as PostgreSQL reads a tsvector: each word as it stands, its stem in the language of its field, and
 * the other forms a query may have (joined, by parts, as a date, as a number).
 */
export function documentVector(text: DocumentText): string {
	const positions = new Map<string, Set<string>>();
	const texts = fieldTexts(text);
	let bytes = 0;
	let from = 1;
	for (const field of fields) {
		const { lexemes, length } = lexemesOf(texts[field]);
		for (const { lexeme, position } of lexemes) {
			const place = `${Math.min(from + position, maxPosition)}${fieldLabels[field]}`;
			const places = positions.get(lexeme);
			if (bytes > maxVectorBytes || (places?.size ?? 0) >= maxPositionsPerLexeme) continue;
			if (places) places.add(place);
			else positions.set(lexeme, new Set([place]));
			bytes += places ? positionBytes : Buffer.byteLength(lexeme) + newLexemeBytes;
		}
		from += length + fieldGap;
	}
	return [...positions].map(([lexeme, places]) => `${quoteLexeme(lexeme)}:${[...places].join(",")}`).join(" ");
}

/** Moves the refuted sentences that headline and summary have into a field of their own. */
function fieldTexts({ headline, summary, note = "", refuted = [], ...rest }: DocumentText): Record<Field, string> {
	const moved = refuted.filter((sentence) => headline.includes(sentence) || summary.includes(sentence));
	const without = (text: string) => moved.reduce((left, sentence) => left.replaceAll(sentence, " "), text);
	return { ...rest, headline: without(headline), summary: without(summary), note, refuted: moved.join("\n") };
}

/** Returns the lexemes of a text, as a document has them. */
export function lexemesIn(text: string): Set<string> {
	return new Set(lexemesOf(text).lexemes.map(({ lexeme }) => lexeme));
}

/** As PostgreSQL stores them: a lexeme with its padding, entry and first position. */
const positionBytes = 2;
const newLexemeBytes = 12;

interface PlacedLexeme {
	lexeme: string;
	/** From 0, in the field. */
	position: number;
}

function lexemesOf(text: string): { lexemes: PlacedLexeme[]; length: number } {
	const normalized = normalize(text);
	const tokens = tokenize(normalized);
	const lexemes: PlacedLexeme[] = [];
	const add = (position: number, ...found: string[]) => {
		for (const lexeme of new Set(found)) {
			if (isLexeme(lexeme)) lexemes.push({ lexeme, position });
		}
	};
	const languages = documentLanguages(tokens);
	const lexemesOfWord = new Map<string, string[]>();
	const positions: number[] = [];
	let position = 0;
	for (const token of tokens) {
		positions.push(position);
		if (token.kind === "ideographs") {
			ideographLexemes(token.text).forEach((found, at) => {
				add(position + at, ...found);
			});
			position += [...token.text].length;
		} else {
			// Texts repeat their words.
			const found = lexemesOfWord.get(token.text) ?? wordLexemes(token, languages);
			lexemesOfWord.set(token.text, found);
			add(position, ...found);
			position += 1;
		}
	}
	for (const { from, lexemes: found } of joinedTokens(tokens)) add(positions[from] ?? 0, ...found);
	for (const { from, forms } of numbersIn(tokens)) {
		add(positions[from] ?? 0, ...forms, ...forms.map(wholePart).filter((whole) => whole !== null));
	}
	let at = 0;
	for (const { start, readings } of findDates(normalized)) {
		while ((tokens[at]?.end ?? Number.POSITIVE_INFINITY) <= start) at++;
		add(positions[at] ?? 0, ...readings.flatMap(dateLexemes));
	}
	return { lexemes, length: position };
}

/** The field's language; and English, whose words stand in texts of all others. */
function documentLanguages(tokens: Token[]): LatinLanguage[] {
	const language = detectLanguage(tokens.map(({ text }) => fold(text)));
	return language === "en" ? ["en"] : [language, "en"];
}

function wordLexemes(token: Token, languages: LatinLanguage[]): string[] {
	if (token.kind === "emoji") return [token.text];
	if (token.kind === "currency") return [token.text, currencyOf(token.text) ?? ""];
	const forms = foldedForms(token.text);
	const [folded = ""] = forms;
	const currency = currencyOf(folded);
	return [
		...forms,
		...stemsOf(token.text, languages).filter((stem) => !forms.some((form) => stem.endsWith(`:${form}`))),
		...partsOf(token.text),
		...telephoneLexeme(folded),
		...(currency ? [currency] : []),
	];
}

/** Returns every character and every pair of neighbours, by the character they begin with. */
export function ideographLexemes(run: string): string[][] {
	const characters = [...run];
	return characters.map((character, at) => {
		const next = characters[at + 1];
		return next === undefined ? [character] : [character, character + next];
	});
}

/** Returns the words in a word: of `MPU6050` both, of `getUserById` four. */
function partsOf(word: string): string[] {
	const parts = word.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu) ?? [];
	return parts.length < 2 || parts.length > 8 ? [] : parts.filter((part) => part.length > 1).map(fold);
}

interface NumberRun {
	/** Indexes of tokens: from, and up to but not including. */
	from: number;
	to: number;
	forms: string[];
}

/** Finds numbers with separators, and times of day. */
export function numbersIn(tokens: Token[]): NumberRun[] {
	const found: NumberRun[] = [];
	const isDigits = (token: Token | undefined) => token !== undefined && /^\d+$/.test(token.text);
	for (let from = 0; from < tokens.length; from++) {
		if (!isDigits(tokens[from])) continue;
		const separator = /^[.,']$/.test(tokens[from + 1]?.gap ?? "") ? /^[.,']$/ : /^:$/;
		let to = from + 1;
		while (isDigits(tokens[to]) && separator.test(tokens[to]?.gap ?? "")) to++;
		const run = tokens.slice(from, to);
		const text = run.map(({ gap, text }, at) => (at === 0 ? text : gap + text)).join("");
		if (to > from + 1) {
			const forms = text.includes(":") ? timeForms(text, tokens[to]) : numberForms(text);
			found.push({ from, to: to, forms });
		}
		from = to - 1;
	}
	return found;
}

/** Returns a time without its leading zero, on the clock of 24 hours where `am` or `pm` follows; of another row of digits itself. */
function timeForms(text: string, next: Token | undefined): string[] {
	const match = /^(\d{1,2}):([0-5]\d)(?::[0-5]\d)?$/.exec(text);
	if (!match) return [text];
	const hour = Number(match[1]);
	const half = next && next.gap.trim() === "" ? /^([ap])m$/i.exec(next.text)?.[1]?.toLowerCase() : undefined;
	const onClock = half && hour <= 12 ? (hour % 12) + (half === "p" ? 12 : 0) : hour;
	return [...new Set([`${onClock}:${match[2]}`, `${hour}:${match[2]}`])];
}
