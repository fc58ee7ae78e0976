/** A piece of a text, and whether the other text lacks it. */
export interface Difference {
	text: string;
	isOnlyHere: boolean;
}

const words = (text: string) => text.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? [];
const isWord = (text: string) => /[\p{L}\p{N}]/u.test(text);

/** Divides a text at the words that another text does not have, in any case. */
export function differing(text: string, other: string): Difference[] {
	const known = new Set(words(other.toLowerCase()));
	const pieces: Difference[] = [];
	for (const part of words(text)) {
		const isOnlyHere = isWord(part) && !known.has(part.toLowerCase());
		const last = pieces.at(-1);
		const former = pieces.at(-2);
		if (isOnlyHere && last?.text === " " && former?.isOnlyHere) {
			// Words that stand side by side are one mark.
			pieces.pop();
			former.text += ` ${part}`;
		} else if (last && last.isOnlyHere === isOnlyHere) last.text += part;
		else pieces.push({ text: part, isOnlyHere });
	}
	return pieces;
}
