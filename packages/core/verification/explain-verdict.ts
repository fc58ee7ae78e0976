import type { Contradiction } from "./verdict.ts";
import type { VerifiedClaim } from "./verification.ts";

const kinds: Record<Exclude<Contradiction, "negation" | "model">, string> = {
	number: "number",
	date: "date or time",
	name: "name",
};

const maxMissing = 5;

/**
 * Says in a sentence why a claim has its verdict. Of items it says what their citations hold, so that nothing of a deleted
 * one remains.
 */
export function explainVerdict({ verdict, contradiction, missing, citations }: VerifiedClaim): string {
	const difference = citations.find((citation) => citation.difference)?.difference;
	if (verdict === "supported") {
		return citations.length > 0 ? "The passages cited say so." : "An item said so that was deleted since.";
	}
	if (verdict === "not_found") {
		const parts = missing.slice(0, maxMissing).map((part) => `"${part}"`);
		return parts.length > 0
			? `Nothing found has all of it: ${parts.join(", ")} ${parts.length === 1 ? "is" : "are"} missing.`
			: "Nothing found says it.";
	}
	if (citations.length === 0) return "An item contradicted it that was deleted since.";
	if (contradiction === "negation") return "The passage cited says the opposite.";
	if (contradiction === "model" || contradiction === null) return "By the model, the passage cited contradicts it.";
	return difference
		? `Another ${kinds[contradiction]} stands there: "${difference.found}" in place of "${difference.claimed}".`
		: `Another ${kinds[contradiction]} stands there.`;
}
