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
/** Two-letter codes of languages, whose English names are also those of peoples. */
const languageCodes =
	"ar bg bn ca cs cy da de el en es et eu fa fi fr ga gl he hi hr hu id is it ja ka ko lt lv mk ms mt nb nl no pl pt ro ru sk sl sq sr sv sw ta th tr uk ur vi zh".split(
		" ",
	);
const peoples = new Set([
	...languageCodes.map((code) => new Intl.DisplayNames("en", { type: "language" }).of(code)?.toLowerCase() ?? ""),
	...["american", "british", "canadian", "australian", "european", "asian", "african", "mexican", "brazilian", "swiss"],
	...["austrian", "belgian", "scottish", "indian", "punjabi", "mediterranean", "western", "scandinavian"],
]);
/** An initial, or Dr, Ms and St, after which a full stop ends nothing. */
const maxInitial = 2;
/** Of so few capitals an abbreviation is a word: PDF, UTC. */
const maxAbbreviation = 3;

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
		return (
			isStopWord(folded, [language, "en"]) ||
			isMonthName(folded) ||
			weekday.test(folded) ||
			peoples.has(folded) ||
			token.text === "I"
		);
	};
	const names: Name[] = [];
	let run: Token[] = [];
	const end = () => {
		while (run[0] && isCommon(run[0])) run.shift();
		while (run.length > 0 && isCommon(run.at(-1) as Token)) run.pop();
		// The first word of a sentence has a capital anyway.
		if (run.length > 1 && run[0] && beginsSentence(text, run[0]) && !hasInnerCapital(run[0])) run.shift();
		const [first] = run;
		const last = run.at(-1);
		run = [];
		if (!first || !last) return;
		const name = { text: text.slice(first.start, last.end), start: first.start, end: last.end };
		const isWord = first === last;
		if (isWord && name.text.length <= maxAbbreviation && name.text === name.text.toUpperCase()) return;
		if (isTranslation(text, first)) return;
		if (isWord && (language === "de" || (beginsSentence(text, first) && !hasInnerCapital(first)))) return;
		if (name.text.length > 1) names.push(name);
	};
	for (const token of tokens) {
		const before = run.at(-1);
		const goesOn =
			before && (/^(?: |'|-| & )$/.test(token.gap) || (token.gap === ". " && before.text.length <= maxInitial));
		if (!goesOn) end();
		if (isCapital(token)) run.push(token);
		else end();
	}
	end();
	return names;
}

/** After a word of another script, a name, or a title in quotes. */
const openBracket = /(?:[^\p{Script=Latin}\P{L}]|["”'’]|(?<![\p{L}])\p{Lu}[\p{L}'-]*)[^()\p{L}]{0,4}\([^()]{0,100}$/u;

/** True in brackets that translate or spell out what stands before them. */
const isTranslation = (text: string, { start }: Token) => openBracket.test(text.slice(Math.max(0, start - 160), start));

const hasInnerCapital = ({ text }: Token) => /\p{Ll}\p{Lu}|^\p{Lu}{2}/u.test(text);

/** True after the end of another sentence, a colon, a bullet, an opening quote, or nothing. */
function beginsSentence(text: string, { start }: Token): boolean {
	return /(?:^|[.!?…:;|•*–-])[\s"“'(]*$/u.test(text.slice(Math.max(0, start - 6), start)) || start === 0;
}
