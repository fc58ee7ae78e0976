export const verdicts = ["supported", "contradicted", "not_found"] as const;
export type Verdict = (typeof verdicts)[number];

export const contradictions = ["number", "date", "name", "negation", "model"] as const;
/** By what a claim is contradicted. */
export type Contradiction = (typeof contradictions)[number];

/** From the lowest to the highest. */
export const riskLevels = ["low", "medium", "high", "critical"] as const;
export type RiskLevel = (typeof riskLevels)[number];
