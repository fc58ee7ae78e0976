import { splitSentences } from "#text/sentences.ts";
import { factsOf } from "./facts.ts";
import type { Claim } from "./verification.ts";
import { claimWords } from "./words.ts";

/** More claims of one text are not checked. */
export const maxClaims = 60;

/** Begins a statement of its own after a conjunction: a pronoun or an article, and not far behind it a verb. */
const clause =
	/^(?:(?:it|he|she|they|we|i|this|that|these|those|there)\s+|(?:the|a|an|its|his|her|their|my|our)\s+(?:[\p{L}\p{N}'-]+\s+){1,3})(?:is|are|was|were|has|have|had|costs?|shows?|says?|will|can|does|did|starts?|ends?|expires?|arrives?|leaves?|includes?|contains?|lists?|takes?)(?!\p{L})/iu;
const conjunction = /;\s+|,?\s+(?:and|but|while|whereas)\s+|,\s+/giu;
/** Of a longer sentence, which is no statement, its beginning is compared. */
const maxClaimLength = 1_000;
/** A statement has at least so many words. */
const minWords = 2;

/**
 * Cuts a text into its statements: sentences, cut further where a conjunction begins a clause that has a subject and a verb
 * of its own. Questions, and texts without two words that tell something, are no claims.
 */
export function cutClaims(text: string): { claims: Claim[]; hasMore: boolean } {
	const claims: Claim[] = [];
	let from = 0;
	for (const sentence of splitSentences(text)) {
		const start = text.indexOf(sentence, from);
		if (start < 0) continue;
		from = start + sentence.length;
		const compared = sentence.slice(0, maxClaimLength).toWellFormed();
		for (const claim of clausesOf({ text: compared, start, end: start + compared.length })) {
			if (!isStatement(claim.text)) continue;
			if (claims.length === maxClaims) return { claims, hasMore: true };
			claims.push(claim);
		}
	}
	return { claims, hasMore: false };
}

function clausesOf({ text, start }: Claim): Claim[] {
	const cuts = [...text.matchAll(conjunction)]
		.map(({ 0: mark, index }) => ({ end: index, next: index + mark.length, isFirm: mark.startsWith(";") }))
		.filter(({ end, next, isFirm }) => isFirm || (clause.test(text.slice(next)) && isStatement(text.slice(0, end))));
	return [...cuts, { end: text.length, next: text.length }].map(({ end }, at) => {
		const from = cuts[at - 1]?.next ?? 0;
		return { text: text.slice(from, end), start: start + from, end: start + end };
	});
}

function isStatement(text: string): boolean {
	if (/[?？]["”’)]*$/u.test(text.trim())) return false;
	const facts = factsOf(text);
	return claimWords(text).length + facts.filter(({ kind }) => kind !== "name").length >= minWords;
}
