import { ModelFailure } from "../errors.ts";
import type { Ports } from "../ports/index.ts";
import { evidenceFrom } from "./evidence.ts";
import type { VerifiedClaim } from "./verification.ts";
import { verifyClaim } from "./verify-claim.ts";

/** Each is a search that is paid for; the engine sees the claim. */
export const maxWebSearches = 5;
const maxQueryLength = 400;

/** Looks on the web for claims that the collection says nothing of, the first ones. */
export async function verifyOnWeb(
	{ webSearch }: Pick<Ports, "webSearch">,
	claims: readonly VerifiedClaim[],
	deadline: Date,
): Promise<{ claims: VerifiedClaim[]; notices: string[]; isComplete: boolean }> {
	const open = claims.filter(({ verdict }) => verdict === "not_found");
	const searched = open.slice(0, maxWebSearches);
	const notices =
		open.length > searched.length
			? [
					`Only ${maxWebSearches} of the ${open.length} claims that the collection says nothing of were looked for on the web.`,
				]
			: [];
	let isComplete = true;
	const verified = new Map<VerifiedClaim, VerifiedClaim>();
	try {
		for (const claim of searched) {
			const pages = await webSearch.search(claim.text.slice(0, maxQueryLength).toWellFormed(), deadline);
			const evidence = pages.map(({ title, url, content }) =>
				evidenceFrom({ itemId: null, url }, { prose: [title, content], lines: [], labels: [] }),
			);
			verified.set(claim, verifyClaim(claim, evidence));
		}
	} catch (error) {
		if (!(error instanceof ModelFailure)) throw error;
		isComplete = false;
		notices.push("The web search did not answer: the collection alone was looked through.");
	}
	return { claims: claims.map((claim) => verified.get(claim) ?? claim), notices, isComplete };
}
