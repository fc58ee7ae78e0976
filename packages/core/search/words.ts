/** Words too common to distinguish texts. */
const stopWords = new Set(
	"a about all also an and any are as at be been but by can did do does for from had has have he her here his how i if in into is it its many me more most much my no not of on one only or our out over shall she should so some such than that the their them then there these they this those to under up us was we were what when where which while who whom whose why will with would you your".split(
		" ",
	),
);

/** Word forms share their first letters. */
const stemLength = 6;

const numberOrWord = /\p{N}+(?:[.,:]\p{N}+)+|[\p{L}\p{N}]+/gu;

const wordSegmenter = new Intl.Segmenter("en", { granularity: "word" });

/**
 * Returns the distinct words that a text is about, cut to the letters their forms share, without accents. Numbers
 * count, stop words do not; text without spaces between words is segmented, too.
 */
export function contentWords(text: string): Set<string> {
	const plain = text
		.normalize("NFKD")
		.replaceAll(/\p{M}/gu, "") // é is e
		.toLowerCase();
	const content = new Set<string>();
	for (const { segment, isWordLike } of wordSegmenter.segment(plain)) {
		if (!isWordLike) continue;
		// "example.com" is two words, but 12.30 is one number.
		for (const [word] of segment.matchAll(numberOrWord)) {
			const isNumber = /^\p{N}/u.test(word);
			if (isNumber) content.add(word);
			else if (!stopWords.has(word)) content.add(word.slice(0, stemLength));
		}
	}
	return content;
}

/** Returns the share of `words` that `text` has, 0 to 1; 0 without words. */
export function coverage(words: Set<string>, text: Set<string>): number {
	if (words.size === 0) return 0;
	return [...words].filter((word) => text.has(word)).length / words.size;
}

/** Matches the mark before an entry of a list. */
export const bulletPattern = /^\s*(?:[-*•]|\d+[.)])\s+/;
