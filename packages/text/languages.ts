import { stemmer as danish } from "@orama/stemmers/danish";
import { stemmer as dutch } from "@orama/stemmers/dutch";
import { stemmer as english } from "@orama/stemmers/english";
import { stemmer as finnish } from "@orama/stemmers/finnish";
import { stemmer as french } from "@orama/stemmers/french";
import { stemmer as german } from "@orama/stemmers/german";
import { stemmer as greek } from "@orama/stemmers/greek";
import { stemmer as hungarian } from "@orama/stemmers/hungarian";
import { stemmer as italian } from "@orama/stemmers/italian";
import { stemmer as norwegian } from "@orama/stemmers/norwegian";
import { stemmer as portuguese } from "@orama/stemmers/portuguese";
import { stemmer as romanian } from "@orama/stemmers/romanian";
import { stemmer as russian } from "@orama/stemmers/russian";
import { stemmer as spanish } from "@orama/stemmers/spanish";
import { stemmer as swedish } from "@orama/stemmers/swedish";
import { stemmer as turkish } from "@orama/stemmers/turkish";
import * as stopword from "stopword";
import { fold } from "./fold.ts";

type Stemmer = (word: string) => string;

/** Languages of the Latin script that have a stemmer, by ISO 639-1 code. */
const latin = {
	en: { stem: english, stopWords: stopword.eng },
	de: { stem: german, stopWords: stopword.deu },
	fr: { stem: french, stopWords: stopword.fra },
	es: { stem: spanish, stopWords: stopword.spa },
	it: { stem: italian, stopWords: stopword.ita },
	// Its plurals of -ão have a stem of their own: cartões.
	pt: { stem: (word: string) => portuguese(word.replace(/(?:õ|ã)es$/u, "ão")), stopWords: stopword.por },
	nl: { stem: dutch, stopWords: stopword.nld },
	sv: { stem: swedish, stopWords: stopword.swe },
	da: { stem: danish, stopWords: stopword.dan },
	no: { stem: norwegian, stopWords: stopword.nob },
	fi: { stem: finnish, stopWords: stopword.fin },
	hu: { stem: hungarian, stopWords: stopword.hun },
	ro: { stem: romanian, stopWords: stopword.ron },
	tr: { stem: turkish, stopWords: stopword.tur },
} as const satisfies Record<string, { stem: Stemmer; stopWords: string[] }>;

export type LatinLanguage = keyof typeof latin;
const latinLanguages = Object.keys(latin) as LatinLanguage[];

/** Words of questions that every text may have; the lists of stop words lack some. */
const askingWords =
	"what which who whose whom where when why how does did do many much show find me my mine our your photo photos picture pictures image images screenshot screenshots".split(
		" ",
	);

const stopWords = new Map<LatinLanguage, Set<string>>(
	latinLanguages.map((language) => [
		language,
		new Set([...latin[language].stopWords, ...(language === "en" ? askingWords : [])].map(fold)),
	]),
);

export function isStopWord(folded: string, languages: readonly LatinLanguage[]): boolean {
	return languages.some((language) => stopWords.get(language)?.has(folded));
}

/**
 * Returns the language in which most of a text's words are stop words. English, unless another has two more of them:
 * a line of a receipt has none.
 */
export function detectLanguage(foldedWords: readonly string[]): LatinLanguage {
	let best: LatinLanguage = "en";
	let maxCount = countStopWords(foldedWords, "en") + 1;
	for (const language of latinLanguages) {
		const count = countStopWords(foldedWords, language);
		if (count > maxCount) [best, maxCount] = [language, count];
	}
	return best;
}

/** Counts distinct words, so that one repeated abbreviation decides nothing; single letters are no evidence. */
function countStopWords(foldedWords: readonly string[], language: LatinLanguage): number {
	const words = stopWords.get(language);
	return new Set(foldedWords.filter((word) => word.length > 1 && words?.has(word))).size;
}

/** Longer rows of letters are no words; some stemmers take the square of the length. */
const maxStemmedLength = 60;

/**
 * Returns a word's stems, each as `language:stem`, so that the stem of one language meets no word of another. A word
 * of a script that only one family of languages uses is stemmed by that.
 *
 * @param languages of the text, where the script is Latin
 */
export function stemsOf(word: string, languages: readonly LatinLanguage[] = latinLanguages): string[] {
	const lower = word.toLowerCase();
	if (lower.length > maxStemmedLength || /\p{N}/u.test(lower)) return [];
	if (/^[\p{Script=Latin}\p{M}]+$/u.test(lower)) {
		return languages.map((language) => `${language}:${fold(latin[language].stem(lower))}`);
	}
	if (/^\p{Script=Cyrillic}+$/u.test(lower)) return [`ru:${russian(fold(lower))}`];
	if (/^[\p{Script=Greek}\p{M}]+$/u.test(lower)) return [`el:${fold(greek(fold(lower)))}`];
	if (/^[\p{Script=Arabic}\p{M}]+$/u.test(lower)) return [`ar:${stemArabic(fold(lower))}`];
	if (/^\p{Script=Hangul}+$/u.test(lower)) return [`ko:${stripParticle(lower)}`];
	return [];
}

/** Removes articles, conjunctions and endings as Larkey's light10 stemmer does, which finds more than a root. */
function stemArabic(folded: string): string {
	let stem = folded;
	if (stem.length > 3) stem = stem.replace(/^و(?=.{3})/u, "");
	stem = stem.replace(/^(?:ال|بال|كال|فال|لل)(?=.{2})/u, "");
	for (let ending = /(?<=.{2})(?:ها|ان|ات|ون|ين|يه|ه|ي)$/u; ending.test(stem); ) stem = stem.replace(ending, "");
	return stem;
}

/** Removes the particle that a Korean noun ends with. */
function stripParticle(word: string): string {
	return word.replace(
		/(?<=.{2})(?:에서는|에서도|으로는|이라고|에서|에게|한테|까지|부터|보다|처럼|으로|라고|이나|이랑|하고|은|는|이|가|을|를|에|의|도|로|와|과|만|나|랑)$/u,
		"",
	);
}
