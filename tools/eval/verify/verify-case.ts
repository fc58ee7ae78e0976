import { checkVerdict } from "#core/verification/check-verdict.ts";
import type { Evidence } from "#core/verification/evidence.ts";
import { factsOf, type StatedFact } from "#core/verification/facts.ts";
import type { Claim, VerifiedClaim } from "#core/verification/verification.ts";
import { verifyClaim } from "#core/verification/verify-claim.ts";
import { claimWords, shareOf } from "#core/verification/words.ts";
import type { Case } from "./cases.ts";

/** Verifies a claim by the item that it is about. */
type Verifier = (claim: Claim, evidence: Evidence) => VerifiedClaim;

const offline: Verifier = (claim, evidence) => verifyClaim(claim, [evidence], { isSubject: true });

/** Calls every claim supported, and quotes the passages that have the most of its words. */
const agreeing: Verifier = (claim, evidence) => {
	const words = claimWords(claim.text);
	const quotes = evidence.passages
		.toSorted((a, b) => shareOf(words, b.forms) - shareOf(words, a.forms))
		.slice(0, 3)
		.map(({ text: quote }) => ({ itemId: evidence.itemId ?? "", quote }));
	return checkVerdict(offline(claim, evidence), { verdict: "supported", quotes }, [evidence]);
};

export const verifiers = { offline, agreeing } as const;
export type Model = keyof typeof verifiers;

export interface VerifiedCase extends Case {
	model: Model;
	verified: VerifiedClaim;
	/** The kinds of facts that the verdict says are other ones, or nowhere in the item. */
	found: ReadonlySet<FactGroup>;
}

/** The kinds of facts that must be found. */
export const factGroups = ["number", "date", "name"] as const;
export type FactGroup = (typeof factGroups)[number];

const groupOf = ({ kind }: StatedFact): FactGroup =>
	kind === "name" ? "name" : kind === "date" || kind === "time" ? "date" : "number";

export const groupsIn = (text: string): Set<FactGroup> => new Set(factsOf(text).map(groupOf));

export function verifyCase(model: Model, each: Case): VerifiedCase {
	const verified = verifiers[model](each.claim, each.evidence);
	return { ...each, model, verified, found: foundIn(verified) };
}

/** A verdict finds what it names: as missing, or as different from the item. */
function foundIn({ text, verdict, missing, citations }: VerifiedClaim): Set<FactGroup> {
	if (verdict === "supported") return new Set();
	const named = new Set([...missing, ...citations.flatMap(({ difference }) => difference?.claimed ?? [])]);
	return new Set(
		factsOf(text)
			.filter((fact) => named.has(fact.text))
			.map(groupOf),
	);
}
