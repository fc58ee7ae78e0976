import { splitSentences } from "#text/sentences.ts";

const maxSentenceChars = 400;

/** Returns a passage of an item with the item's ref after each sentence. Brackets in it would read as citations. */
export function cite(passage: string, ref: string): string {
	return splitSentences(passage.replaceAll(/[[\]]/g, ""))
		.map(
			(sentence) =>
				`${sentence
					.slice(0, maxSentenceChars)
					.toWellFormed()
					.replace(/[.…\s]+$/, "")} [${ref}].`,
		)
		.join(" ");
}
