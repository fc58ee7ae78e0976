import { normalize } from "#text/tokens.ts";
import { hasPart, isStated, nameParts, otherNames, statesOther, statesSame } from "./compare-facts.ts";
import type { Evidence, Passage } from "./evidence.ts";
import { factsOf, type StatedFact } from "./facts.ts";
import type { Contradiction } from "./verdict.ts";
import type { Claim, ClaimCitation, Difference, VerifiedClaim } from "./verification.ts";
import { type ClaimWord, claimWords, formsIn, hasWord, isNegated, shareOf } from "./words.ts";

/** By what claims are judged; `make eval-verify` measures them. */
export const verificationParameters = {
	/** A claim with a smaller share of its words in the item is not supported. */
	minSupport: 0.8,
	/** An item with a smaller share of the claim's words is about something else, and contradicts nothing. */
	minSubject: 0.5,
	/** A passage with so many of its words, and the opposite polarity, contradicts a claim. */
	minOpposite: 0.75,
};

/** The outcome of comparing a claim with one item. */
interface Comparison {
	evidence: Evidence;
	/** The share of the claim's words and facts that the item has, 0 to 1. */
	subject: number;
	verdict: VerifiedClaim["verdict"];
	contradiction: Contradiction | null;
	missing: string[];
	passages: { passage: Passage; difference: Difference | null }[];
}

const maxCitations = 3;

/**
 * Judges a claim by words, numbers, dates, names and negations alone. It is supported by an item that has them all, and
 * contradicted by the one item that is about the same and states another value in their place.
 * @param isSubject the evidence is of what the claim is about, whatever words they share. @default false
 */
export function verifyClaim(claim: Claim, found: readonly Evidence[], { isSubject = false } = {}): VerifiedClaim {
	const parsed = parseClaim(claim.text);
	const comparisons = found
		.map((evidence) => compare(parsed, evidence, isSubject))
		.sort((a, b) => b.subject - a.subject);
	const supporting = comparisons.filter(({ verdict }) => verdict === "supported");
	if (supporting.length > 0) return verified(claim, "supported", supporting.slice(0, maxCitations));
	const [best] = comparisons;
	const opposing = comparisons.filter(({ verdict }) => verdict === "contradicted");
	const nearest = opposing.filter(({ subject }) => subject >= (best?.subject ?? 0) - tie);
	if (nearest.length > 0) return verified(claim, "contradicted", nearest.slice(0, 1));
	return verified(claim, "not_found", best ? [best] : []);
}

const tie = 0.1;

export interface ParsedClaim {
	words: ClaimWord[];
	/** All forms of all its words. */
	forms: ReadonlySet<string>;
	facts: StatedFact[];
	isNegated: boolean;
}

export function parseClaim(text: string): ParsedClaim {
	const facts = factsOf(text);
	const rest = facts.reduce(
		(all, { start, end }) => all.slice(0, start) + " ".repeat(end - start) + all.slice(end),
		normalize(text),
	);
	return { words: claimWords(rest), forms: formsIn(text), facts, isNegated: isNegated(text) };
}

function compare(claim: ParsedClaim, evidence: Evidence, isSubject: boolean): Comparison {
	const { words, facts } = claim;
	const { minSupport, minSubject } = verificationParameters;
	const missingFacts = facts.filter((fact) => !isStated(fact, evidence));
	const missingWords = words.filter((word) => !hasWord(word, evidence.forms));
	const total = words.length + facts.length;
	const subject = total === 0 ? 0 : (total - missingFacts.length - missingWords.length) / total;
	const missing = [...missingFacts.map(({ text }) => text), ...missingWords.map(({ text }) => text)];
	const base = { evidence, subject, missing };
	const share = shareOf(words, evidence.forms);
	const opposite = oppositePassage(claim, evidence);
	if (opposite && missingFacts.length === 0) {
		return {
			...base,
			verdict: "contradicted",
			contradiction: "negation",
			passages: [{ passage: opposite, difference: null }],
		};
	}
	if (missingFacts.length > 0 && (isSubject || share >= minSubject)) {
		for (const fact of missingFacts) {
			const difference = otherValue(claim, fact, missingFacts, evidence);
			if (!difference) continue;
			const contradiction =
				fact.kind === "date" || fact.kind === "time" ? "date" : fact.kind === "name" ? "name" : "number";
			return { ...base, verdict: "contradicted", contradiction, passages: [difference] };
		}
	}
	const passages = supportingPassages(claim, evidence);
	const isSupported = missingFacts.length === 0 && share >= minSupport && passages.length > 0;
	// The words of a negated claim may stand anywhere; that they are negated must be said of them.
	const saysSo = !claim.isNegated || passages.some(({ passage }) => passage.isNegated);
	return { ...base, verdict: isSupported && saysSo ? "supported" : "not_found", contradiction: null, passages };
}

/** Tests whether a passage has a fact: a name by its words, in these forms, any other by its value. */
const states = (passage: Passage, fact: StatedFact, forms: ReadonlySet<string>): boolean =>
	fact.kind === "name"
		? nameParts(fact.text).every((part) => hasPart(part, forms))
		: passage.facts.some((found) => statesSame(fact, found));

/** Finds the passage that says of the same words that it is not so, or that it is. */
function oppositePassage({ words, facts, isNegated, forms }: ParsedClaim, { passages }: Evidence): Passage | null {
	if (words.length < 2) return null;
	const alike = passages.filter(
		(passage) =>
			shareOf(words, passage.forms) >= verificationParameters.minOpposite &&
			facts.every((fact) => states(passage, fact, passage.forms)) &&
			claimWords(passage.text).filter((word) => hasWord(word, forms)).length * 3 >= claimWords(passage.text).length,
	);
	if (alike.some((passage) => passage.isNegated === isNegated)) return null;
	return alike[0] ?? null;
}

/** Finds what stands in the place of a fact that the item does not have. */
function otherValue(
	claim: ParsedClaim,
	fact: StatedFact,
	missing: StatedFact[],
	evidence: Evidence,
): { passage: Passage; difference: Difference } | null {
	const shared = claim.facts.filter((each) => !missing.includes(each));
	const candidates = evidence.passages.flatMap((passage) => {
		const near = claim.words.filter((word) => hasWord(word, passage.contextForms)).length;
		const facts = shared.filter((each) => states(passage, each, passage.contextForms)).length;
		const others = fact.kind === "name" ? otherNames(passage, claim.forms) : passage.facts.filter(isOther);
		return others.map((found) => ({
			passage,
			difference: { claimed: fact.text, found: found.text },
			near: near + facts + labelWeight * beside(claim.words, passage, found),
			isSameNoun: fact.kind === "number" && fact.unit !== null && fact.unit === found.unit,
		}));
	});
	function isOther(found: StatedFact): boolean {
		return statesOther(fact, found) && !claim.facts.some((each) => statesSame(each, found));
	}
	const anchored = candidates.filter(({ near, isSameNoun }) => near > 0 || isSameNoun);
	const values = new Set(candidates.map(({ difference }) => difference.found));
	const usable = anchored.length > 0 ? anchored : fact.kind !== "name" && values.size === 1 ? candidates : [];
	const [best] = usable.sort((a, b) => b.near - a.near || Number(b.isSameNoun) - Number(a.isSameNoun));
	return best ? { passage: best.passage, difference: best.difference } : null;
}

/** Characters before and after a value in which its label stands. */
const labelDistance = 16;
/** A word beside a value counts so much more than one elsewhere in its passage. */
const labelWeight = 2;

/** Counts the words of a claim that stand beside a value of a passage: they say what it is a value of. */
function beside(words: readonly ClaimWord[], { text }: Passage, { start, end }: StatedFact): number {
	const forms = formsIn(normalize(text).slice(Math.max(0, start - labelDistance), end + labelDistance));
	return words.filter((word) => hasWord(word, forms)).length;
}

/** Returns the passages that have the most of a claim, those with its facts first. */
function supportingPassages({ words, facts }: ParsedClaim, { passages }: Evidence): Comparison["passages"] {
	return passages
		.map((passage) => ({
			passage,
			score:
				shareOf(words, passage.forms) * (words.length > 0 ? 1 : 0) +
				facts.filter((fact) => states(passage, fact, passage.forms)).length,
		}))
		.filter(({ score }) => score > 0)
		.sort((a, b) => b.score - a.score)
		.slice(0, 2)
		.map(({ passage }) => ({ passage, difference: null }));
}

function verified(claim: Claim, verdict: VerifiedClaim["verdict"], comparisons: Comparison[]): VerifiedClaim {
	const [best] = comparisons;
	const citations = comparisons.flatMap(({ evidence: { itemId, url }, passages }) =>
		passages.map(
			({ passage: { text, box }, difference }): ClaimCitation => ({ itemId, url, sentence: text, box, difference }),
		),
	);
	return {
		...claim,
		verdict,
		contradiction: best?.contradiction ?? null,
		missing: verdict === "not_found" ? (best?.missing ?? parseClaim(claim.text).words.map(({ text }) => text)) : [],
		citations: verdict === "not_found" ? [] : citations.slice(0, maxCitations),
	};
}
