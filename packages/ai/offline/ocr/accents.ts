import { fold } from "#text/fold.ts";

/** A word of another letters: at most one letter in two has an accent. */
const maxChanged = 0.5;

/**
 * Returns a word with the accents that another reader saw; null where that reader did not mean the same word. PP-OCR's
 * alphabet has few letters with accents, and where it has none it reads the bare letter; `ß` it reads as `B`.
 */
export function accented(word: string, seen: string): string | null {
	const [letters, seenLetters] = [[...word], [...seen]];
	if (letters.length !== seenLetters.length) return null;
	const merged = letters.map((letter, at) => {
		const seenLetter = seenLetters[at] as string;
		if (letter === seenLetter) return letter;
		return seenLetter === "ß"
			? letter === "B" || letter === "β"
				? seenLetter
				: null
			: isAccented(letter, seenLetter)
				? seenLetter
				: null;
	});
	const changed = merged.filter((letter, at) => letter !== letters[at]).length;
	return merged.includes(null) || changed > Math.max(1, letters.length * maxChanged) ? null : merged.join("");
}

const isAccented = (letter: string, seenLetter: string) =>
	fold(letter) === fold(seenLetter) && seenLetter.normalize("NFD") !== seenLetter;
