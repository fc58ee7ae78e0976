/** A piece of a text, marked where it is one of the words that a search found. */
export interface Piece {
	text: string;
	isMarked: boolean;
}

/** `tickets` is `ticket`; `passenger` is not `pass`. */
const maxEnding = 3;

const fold = (text: string) =>
	text
		.normalize("NFKD")
		.replace(/\p{Mn}/gu, "")
		.toLowerCase();

/**
 * Divides a text at the words that matched, whatever their case and accents. A word marks its
 * inflections, as the search finds those, too.
 */
export function marked(text: string, words: readonly string[]): Piece[] {
	const wanted = words.map(fold).filter((word) => word !== "");
	if (wanted.length === 0) return [{ text, isMarked: false }];
	const pieces: Piece[] = [];
	for (const [part] of text.matchAll(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu)) {
		const folded = fold(part);
		const isMarked = wanted.some((word) =>
			isUnspaced(word) ? folded.includes(word) : folded.startsWith(word) && folded.length - word.length <= maxEnding,
		);
		const last = pieces.at(-1);
		const former = pieces.at(-2);
		if (isMarked && last?.text === " " && former?.isMarked) {
			// Words that stand side by side are one stroke of the highlighter.
			pieces.pop();
			former.text += ` ${part}`;
		} else if (last && !last.isMarked && !isMarked) last.text += part;
		else pieces.push({ text: part, isMarked });
	}
	return pieces;
}

/** Scripts that set no spaces between words: a word may stand anywhere. */
const isUnspaced = (word: string) =>
	/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u.test(word);
