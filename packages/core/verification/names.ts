import { isMonthName } from "#text/dates.ts";
import { fold } from "#text/fold.ts";
import { detectLanguage, isStopWord } from "#text/languages.ts";
import { type Token, tokenize } from "#text/tokens.ts";

interface Name {
	text: string;
	/** Offsets in the normalised text. */
	start: number;
	end: number;
}

const weekday =
	/^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)$/i;
const isCapital = ({ text, kind }: Token) => kind === "word" && /^\p{Lu}/u.test(text) && !/\p{N}/u.test(text);
/** In a heading nearly every word has a capital, so none tells a name. */
const maxCapitalShare = 0.75;
const minHeadingWords = 4;

/**
 * Finds proper names: words with a capital that no sentence begins with, and those beside them. German writes every noun with
 * one, and a heading every word, so there only two words beside each other are a name.
 */
export function namesIn(text: string): Name[] {
	const tokens = tokenize(text);
	const letters = tokens.filter(({ kind, text }) => kind === "word" && /^\p{L}{2}/u.test(text));
	const language = detectLanguage(letters.map((token) => fold(token.text)));
	const isHeading =
		letters.length >= minHeadingWords && letters.filter(isCapital).length / letters.length > maxCapitalShare;
	if (isHeading) return [];
	const isCommon = (token: Token) => {
		const folded = fold(token.text);
		return isStopWord(folded, [language, "en"]) || isMonthName(folded) || weekday.test(folded) || token.text === "I";
	};
	const names: Name[] = [];
	let run: Token[] = [];
	const end = () => {
		while (run[0] && isCommon(run[0])) run.shift();
		while (run.length > 0 && isCommon(run.at(-1) as Token)) run.pop();
		const [first] = run;
		const last = run.at(-1);
		run = [];
		if (!first || !last) return;
		const name = { text: text.slice(first.start, last.end), start: first.start, end: last.end };
		const isWord = first === last;
		if (isWord && (language === "de" || (beginsSentence(text, first) && !hasInnerCapital(first)))) return;
		if (name.text.length > 1) names.push(name);
	};
	for (const token of tokens) {
		const goesOn = run.length > 0 && /^(?: |'|-| & |\. )$/.test(token.gap);
		if (!goesOn) end();
		if (isCapital(token)) run.push(token);
		else end();
	}
	end();
	return names;
}

const hasInnerCapital = ({ text }: Token) => /\p{Ll}\p{Lu}|^\p{Lu}{2}/u.test(text);

/** True after the end of another sentence, a colon, a bullet, an opening quote, or nothing. */
function beginsSentence(text: string, { start }: Token): boolean {
	return /(?:^|[.!?…:;|•*–-])[\s"“'(]*$/u.test(text.slice(Math.max(0, start - 6), start)) || start === 0;
}
