import { marked } from "./marked.ts";

/** A text of an item, as text, with the words that matched highlighted. */
export function MarkedText({ text, words }: { text: string; words: readonly string[] }) {
	return marked(text, words).map(({ text, isMarked }, at) => (isMarked ? <mark key={at}>{text}</mark> : text));
}
