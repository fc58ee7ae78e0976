import { type RiskLevel, riskLevels } from "./verdict.ts";
import type { VerifiedClaim } from "./verification.ts";

/** How much of a claim counts as accurate: nobody knows of one that nothing was found for. */
const accuracy = { supported: 1, not_found: 0.5, contradicted: 0 } as const;

/** The levels of risk from the lowest; a text has the first of which it keeps both bounds. */
export const riskThresholds: readonly { level: RiskLevel; minScore: number; maxContradicted: number }[] = [
	{ level: "low", minScore: 85, maxContradicted: 0 },
	{ level: "medium", minScore: 50, maxContradicted: 0 },
	{ level: "high", minScore: 30, maxContradicted: 3 },
];

/** Returns the mean accuracy of claims, 0 to 100; null without a claim. */
export function accuracyScore(claims: readonly Pick<VerifiedClaim, "verdict">[]): number | null {
	if (claims.length === 0) return null;
	return Math.round((100 * claims.reduce((sum, { verdict }) => sum + accuracy[verdict], 0)) / claims.length);
}

/** Returns the levels that are at least as high. */
export const levelsFrom = (level: RiskLevel): RiskLevel[] => riskLevels.slice(riskLevels.indexOf(level));

/** Returns how risky it is to rely on a text. One without a claim states nothing that could be wrong. */
export function riskLevel(claims: readonly Pick<VerifiedClaim, "verdict">[]): RiskLevel {
	const score = accuracyScore(claims) ?? 100;
	const contradicted = claims.filter(({ verdict }) => verdict === "contradicted").length;
	const kept = riskThresholds.find(
		({ minScore, maxContradicted }) => score >= minScore && contradicted <= maxContradicted,
	);
	return kept?.level ?? (riskLevels.at(-1) as RiskLevel);
}
