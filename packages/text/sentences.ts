import { isMonthName } from "./dates.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

const words = (list: string) => new Set(list.split(" "));
/** Abbreviations that another word follows, in lower case and without their full stop. */
const beforeWords = words(
	"dr mr mrs ms mx prof st ste mt ft vs ca cf approx rev hon gen col sgt lt capt dept hr frau fr str bzw zzgl inkl exkl ggf evtl vgl geb gest verh tägl betr mme mlle mm bd av env sr sra srta dña avda ej aprox dott sig ing geom ul dhr mevr mag dipl",
);
/** Abbreviations that a number follows; some of them are words, too. */
const beforeNumbers = words(
	"no nos nr nº n° núm num p pp pág s art abs fig vol ch ed tel tél tlf ext mob fax jan feb mar apr jun jul aug sep sept oct okt nov dec dez mon tue tues wed thu thur thurs fri sat sun mo di mi do fr sa so min max std pl kl apt pos ref",
);
/** Words before a day or another ordinal in languages that mark one by a full stop: "am 3. Stock". */
const beforeOrdinal =
	/(?:^|[\s(])(?:am|zum|vom|bis|ab|seit|im|beim|der|die|das|dem|den|des|ein|eine|einen|jeder|jeden|unser|sein|ihr|den|det|til|fra|dne|od|do)\s+\d{1,3}\.\s*$/i;
/** Sentences of scripts without spaces end at these, whatever follows. */
const fullWidthEnd = /[。！？｡][」』”’）]*$/u;

/**
 * Splits a text into trimmed sentences, line by line. A sentence is never cut inside a token: at `!` or `?` of a
 * password or an address, at an abbreviation, at the ordinal of a date, or at the number of a list's entry.
 */
export function splitSentences(text: string): string[] {
	return text.split(/\r?\n/).flatMap((line) => {
		const sentences: string[] = [];
		for (const { segment } of segmenter.segment(line)) {
			const last = sentences.at(-1);
			if (last !== undefined && goesOn(last, segment)) sentences[sentences.length - 1] = last + segment;
			else sentences.push(segment);
		}
		return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence);
	});
}

/** True where no sentence ends between two segments of a line. */
function goesOn(before: string, next: string): boolean {
	// A citation belongs to the sentence before it.
	if (/^\[[^[\]]+\]/.test(next)) return true;
	const end = before.trimEnd();
	if (fullWidthEnd.test(end)) return false;
	if (end === before) return !/\]["”’)]?[.!?…]+["”’)]?$/.test(end);
	if (/^\p{Ll}/u.test(next)) return true;
	if (!end.endsWith(".")) return !/[!?…][\])"'”’»*_]*$/u.test(end) && !/[.][\])"'”’»*_]+$/u.test(end);
	// The mark of a list's entry, or of a numbered heading.
	if (/^[\s\-*•]*(?:\d{1,3}\.)+$/.test(end)) return true;
	if (/(?:^|[^\p{L}\p{N}.,:])\d{1,2}\.$/u.test(end)) {
		const [word = ""] = /^[\p{L}\p{N}]+/u.exec(next) ?? [];
		if (/^\d/.test(word) || isMonthName(word) || beforeOrdinal.test(end)) return true;
	}
	const [, word = ""] = /([\p{L}\p{M}.º°]+)\.$/u.exec(end) ?? [];
	const name = word.toLowerCase();
	if (/^\d/.test(next) && beforeNumbers.has(name)) return true;
	// An initial, or letters with full stops: "J. Smith", "z. B.", "U.S. Army".
	if (/^(?:\p{L}\.)*\p{L}$/u.test(word)) return !/^[ap]\.?m$/.test(name) && word !== "I";
	return beforeWords.has(name);
}
