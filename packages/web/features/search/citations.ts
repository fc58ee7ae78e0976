/** A piece of an answer: words, or an item that the words before it rest on. */
export type AnswerPiece = { text: string } | { itemId: string; number: number };

const id = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const bracket = new RegExp(`\\s*\\[(${id}(?:\\s*[,;]\\s*${id})*)\\]`, "gi");

/** Divides an answer at its citations, `[id]` or `[id, id]`, and counts the items in the order of their appearance. */
export function answerPieces(answer: string): AnswerPiece[] {
	const numbers = new Map<string, number>();
	const pieces: AnswerPiece[] = [];
	let end = 0;
	for (const match of answer.matchAll(bracket)) {
		if (match.index > end) pieces.push({ text: answer.slice(end, match.index) });
		for (const itemId of (match[1] ?? "").toLowerCase().split(/\s*[,;]\s*/)) {
			const number = numbers.get(itemId) ?? numbers.size + 1;
			numbers.set(itemId, number);
			pieces.push({ itemId, number });
		}
		end = match.index + match[0].length;
	}
	if (end < answer.length) pieces.push({ text: answer.slice(end) });
	return pieces;
}
