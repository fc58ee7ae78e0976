import { createHash } from "node:crypto";
import type { ItemWithAnalysis } from "../ports/index.ts";

/**
 * Returns the strong entity tag (RFC 9110) of an item: it changes whenever what is shown of the item does, except for the
 * address of its thumbnail and the time of the last change, which a stage's lease moves, too.
 */
export function entityTag({ item, latestAnalysis, tags }: ItemWithAnalysis): string {
	const { updatedAt: _, ...shown } = item;
	// An analysis never changes, but for the usage of its embedding.
	const analysis = latestAnalysis && [latestAnalysis.id, latestAnalysis.usage];
	const hash = createHash("sha256").update(JSON.stringify([shown, analysis, tags]));
	return `"${hash.digest("base64url").slice(0, 22)}"`;
}
