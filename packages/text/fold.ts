/** Letters that do not come apart into a letter and a mark. */
const foldedLetters: Record<string, string> = {
	ß: "ss",
	æ: "ae",
	œ: "oe",
	ø: "o",
	ł: "l",
	đ: "d",
	ð: "d",
	þ: "th",
	ı: "i",
	ё: "е",
	ς: "σ",
};
/** The second spelling of a letter: `Mueller` for `Müller`. */
const spelledOut: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", å: "aa", ø: "oe" };

const arabicForms: Record<string, string> = { أ: "ا", إ: "ا", آ: "ا", ٱ: "ا", ى: "ي", ة: "ه", ؤ: "و", ئ: "ي", ـ: "" };

/** Returns a word in lower case and without accents, Arabic without vowel signs. Marks that make other letters, as in Cyrillic or Devanagari, stay. */
export function fold(word: string): string {
	const lower = word.toLowerCase();
	if (/^[a-z0-9]*$/.test(lower)) return lower;
	return lower
		.normalize("NFD")
		.replaceAll(/([\p{Script=Latin}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}])\p{M}+/gu, "$1")
		.normalize("NFC")
		.replaceAll(/[ßæœøłđðþıёς]/g, (letter) => foldedLetters[letter] ?? letter)
		.replaceAll(/[أإآٱىةؤئـ]/g, (letter) => arabicForms[letter] ?? letter);
}

/** Returns the folded forms of a word: without accents, and with umlauts spelled out where it has any. */
export function foldedForms(word: string): string[] {
	const lower = word.toLowerCase().normalize("NFC");
	if (!/[äöüåø]/.test(lower)) return [fold(word)];
	return [fold(word), fold(lower.replaceAll(/[äöüåø]/g, (letter) => spelledOut[letter] ?? letter))];
}
