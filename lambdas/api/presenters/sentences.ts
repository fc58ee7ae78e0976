import { splitSentences } from "#text/sentences.ts";

const itemId = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g;

/** Splits a verified answer into its sentences, whose texts joined are the answer. */
export function presentSentences(answer: string): { text: string; item_ids: string[] }[] {
	const starts: number[] = [];
	let end = 0;
	for (const sentence of splitSentences(answer)) {
		const start = answer.indexOf(sentence, end);
		starts.push(starts.length === 0 ? 0 : start);
		end = start + sentence.length;
	}
	return starts.map((start, at) => {
		const text = answer.slice(start, starts[at + 1]);
		return { text, item_ids: [...new Set(text.match(itemId))] };
	});
}
