import type { ModelVerdict } from "./ask-model.ts";
import { isStated } from "./compare-facts.ts";
import { compactOf, type Evidence, evidenceFrom } from "./evidence.ts";
import type { ClaimCitation, VerifiedClaim } from "./verification.ts";
import { parseClaim } from "./verify-claim.ts";
import { shareOf } from "./words.ts";

/** Quotes with a smaller share of a claim's words say nothing of it. */
const minQuoted = 0.5;
/** A shorter quote stands in every text. */
const minQuoteLength = 4;

/**
 * Combines a model's verdict with that of code. The model may support or contradict what code did not find, by quotes that
 * stand in the items and are about the claim. What code has supported, or contradicted by a value, stays so.
 */
export function checkVerdict(
	claim: VerifiedClaim,
	{ verdict, quotes }: ModelVerdict,
	evidence: readonly Evidence[],
): VerifiedClaim {
	if (claim.verdict !== "not_found" || verdict === "not_found") return claim;
	const citations = quotes.flatMap(({ itemId, quote }) => citationOf(quote, evidence, itemId));
	if (citations.length === 0) return claim;
	const { words, facts, isNegated } = parseClaim(claim.text);
	const quoted = evidenceFrom(
		{ itemId: null, url: null },
		{ prose: [], labels: [], lines: citations.map(({ sentence, box }) => ({ text: sentence, box })) },
	);
	if (shareOf(words, quoted.forms) < minQuoted) return claim;
	if (verdict === "contradicted") return { ...claim, verdict, contradiction: "model", missing: [], citations };
	const hasFacts = facts.every((fact) => isStated(fact, quoted));
	const hasPolarity = quoted.passages.some((passage) => passage.isNegated === isNegated);
	return hasFacts && hasPolarity ? { ...claim, verdict, missing: [], citations } : claim;
}

/** Returns the passage that a model quoted, where the item has it. */
function citationOf(quote: string, evidence: readonly Evidence[], itemId: string): ClaimCitation[] {
	const compact = compactOf(quote);
	const item = evidence.find((each) => each.itemId === itemId);
	if (!item || compact.length < minQuoteLength || !item.compact.includes(compact)) return [];
	const passage = item.passages.find(({ text }) => compactOf(text).includes(compact));
	const sentence = passage?.text ?? quote.trim();
	return [{ itemId, url: null, sentence, box: passage?.box ?? null, difference: null }];
}
