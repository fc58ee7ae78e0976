import type { TextBox } from "../items/analysis.ts";
import type { Contradiction, RiskLevel, Verdict } from "./verdict.ts";

/** The places that a text may be checked against. */
export const verificationSources = ["collection", "web"] as const;
export type VerificationSource = (typeof verificationSources)[number];

/** The words of a claim, and those in their place in the passage that is cited. */
export interface Difference {
	claimed: string;
	found: string;
}

/** A passage that a verdict rests on: of an item, or of a page of the web. */
export interface ClaimCitation {
	/** Null of a page. */
	itemId: string | null;
	/** Null of an item. */
	url: string | null;
	sentence: string;
	/** Where the picture has it; null where it is no line of the picture. */
	box: TextBox | null;
	/** Null where the passage supports the claim. */
	difference: Difference | null;
}

/** A statement of a text, by its offsets there. */
export interface Claim {
	text: string;
	start: number;
	end: number;
}

export interface VerifiedClaim extends Claim {
	verdict: Verdict;
	/** Null where nothing contradicts the claim. */
	contradiction: Contradiction | null;
	/** Parts of the claim that nothing found has. */
	missing: string[];
	citations: ClaimCitation[];
}

/** A text that was cut into claims, each of which was looked for. */
export interface Verification {
	id: string;
	userId: string;
	/** The request that asked for it, as logs have it. */
	requestId: string;
	text: string;
	/** The item whose description the text is; null of any other text. */
	itemId: string | null;
	sources: VerificationSource[];
	claims: VerifiedClaim[];
	/** 0 to 100; null without a claim. */
	accuracyScore: number | null;
	riskLevel: RiskLevel;
	/** As `provider/model`. */
	model: string;
	durationMs: number;
	/** Null where the model's price is unknown. */
	costUsd: number | null;
	/** Sentences for the person about how it was checked. */
	notices: string[];
	/** The outcome was that of the same request before. */
	cached: boolean;
	createdAt: Date;
}
