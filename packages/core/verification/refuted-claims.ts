import type { Analysis } from "../items/analysis.ts";

/**
 * Lists the claims of a description whose number or date its picture has otherwise: no answer cites them, and searches
 * weigh them least.
 */
export const refutedClaims = ({ verification }: Pick<Analysis, "verification">): string[] =>
	(verification?.unsupported ?? [])
		.filter(({ contradiction }) => contradiction === "number" || contradiction === "date")
		.map(({ text }) => text);

/** Removes claims from a text. */
export const withoutClaims = (text: string, claims: readonly string[]): string =>
	claims.reduce((rest, claim) => rest.replace(claim, ""), text).trim();
