/** Words too common to tell one text from another. */
const stopWords = new Set(
	"a about all also an and any are as at be been but by can did do does for from had has have he her here his how i if in into is it its many me more most much my no not of on one only or our out over shall she should so some such than that the their them then there these they this those to under up us was we were what when where which while who whom whose why will with would you your".split(
		" ",
	),
);

/** Word forms share their first letters. */
const stemLength = 6;

const numberOrWord = /\p{N}+(?:[.,:]\p{N}+)+|[\p{L}\p{N}]+/gu;

const words = new Intl.Segmenter("en", { granularity: "word" });
const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * The words that a text is about, cut to what their forms share, without accents, each once. Numbers count, stop
 * words do not; text without spaces between words is read, too.
 */
export function contentWords(text: string): Set<string> {
	const plain = text
		.normalize("NFKD")
		.replaceAll(/\p{M}/gu, "") // é is e
		.toLowerCase();
	const found = new Set<string>();
	for (const { segment, isWordLike } of words.segment(plain)) {
		if (!isWordLike) continue;
		// "example.com" is two words, but 12.30 is one number.
		for (const [word] of segment.matchAll(numberOrWord)) {
			const isNumber = /^\p{N}/u.test(word);
			if (isNumber) found.add(word);
			else if (!stopWords.has(word)) found.add(word.slice(0, stemLength));
		}
	}
	return found;
}

/** How much of the first is in the second, 0 to 1; 0 where there is nothing to look for. */
export function coverage(wanted: Set<string>, there: Set<string>): number {
	if (wanted.size === 0) return 0;
	return [...wanted].filter((word) => there.has(word)).length / wanted.size;
}

/** The sentences of a text, line by line, without the space around them. */
export function splitSentences(text: string): string[] {
	return text
		.split(/\r?\n/)
		.flatMap((line) => [...sentences.segment(line)])
		.map(({ segment }) => segment.trim())
		.filter((sentence) => sentence);
}
