import { ideographLexemes } from "#text/document.ts";
import { fold } from "#text/fold.ts";
import { detectLanguage, isStopWord, stemsOf } from "#text/languages.ts";
import { normalize, tokenize } from "#text/tokens.ts";

/** A word of a text in each form under which another text may have it. */
export interface ClaimWord {
	text: string;
	forms: string[];
}

const words = (list: string) => new Set(list.split(" "));
/** Words of descriptions that say nothing of what is described. */
const describing = words(
	"image picture photo photograph screenshot screen shows show showing shown displays display displayed features feature featuring featured depicts depicting contains contain containing includes include including included visible appears appear text lists list listed says say reads titled described describes description details detail various several item items post creator user bild foto zeigt enthalt image montre muestra imagen",
);

/** Returns the words that a text is about: not the stop words of its language and of English, nor numbers. */
export function claimWords(text: string): ClaimWord[] {
	const tokens = tokenize(normalize(text));
	const language = detectLanguage(tokens.map((token) => fold(token.text)));
	const languages = language === "en" ? (["en"] as const) : ([language, "en"] as const);
	const found = new Map<string, ClaimWord>();
	for (const { text, kind } of tokens) {
		if (kind === "ideographs") {
			for (const pair of ideographLexemes(text)) {
				const last = pair.at(-1) ?? "";
				if ([...last].length === 2) found.set(last, { text: last, forms: [last] });
			}
			continue;
		}
		const folded = fold(text);
		if (kind !== "word" || folded.length < 2 || /^\p{N}/u.test(folded)) continue;
		if (isStopWord(folded, languages) || describing.has(folded) || isNegated(text)) continue;
		found.set(folded, { text, forms: [folded, ...stemsOf(text, languages)] });
	}
	return [...found.values()];
}

/** Returns every form of the words of a text, its stop words included. */
export function formsIn(text: string): Set<string> {
	const tokens = tokenize(normalize(text));
	const language = detectLanguage(tokens.map((token) => fold(token.text)));
	const forms = new Set<string>();
	for (const { text, kind } of tokens) {
		if (kind === "ideographs") for (const lexeme of ideographLexemes(text).flat()) forms.add(lexeme);
		else
			for (const form of [fold(text), ...stemsOf(text, language === "en" ? ["en"] : [language, "en"])]) forms.add(form);
	}
	return forms;
}

/** Returns the share of words that a text has, 0 to 1; 1 without words. */
export function shareOf(words: readonly ClaimWord[], forms: ReadonlySet<string>): number {
	return words.length === 0 ? 1 : words.filter((word) => hasWord(word, forms)).length / words.length;
}

export const hasWord = ({ forms }: ClaimWord, others: ReadonlySet<string>): boolean =>
	forms.some((form) => others.has(form));

/** Words that negate a statement, in the languages of stop words that have one. */
const negating =
	/(?<![\p{L}\p{N}'-])(?:not|never|without|none|nobody|neither|nor|cannot|\p{L}{2,6}n't|nicht|kein(?:e[nrms]?)?|nie|niemals|ohne|ne|pas|jamais|sans|aucune?|nunca|jamás|tampoco|sin|ningun[oa]?|ningún|non|mai|senza|nessun[oa]?|não|sem|nenhum|niet|geen|nooit|zonder|inte|aldrig|ikke|aldri|uden|uten|не|нет|без|никогда)(?![\p{L}\p{N}])/iu;
/** "No" of a number, on a sign, or before what there is none of. */
const no = /(?<![\p{L}\p{N}'-])no(?=\s+\p{Ll})/u;

/** True for a statement that something is not so. */
export const isNegated = (text: string): boolean => {
	const normalized = normalize(text);
	return negating.test(normalized) || no.test(normalized);
};
