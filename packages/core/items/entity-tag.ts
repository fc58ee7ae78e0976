import { createHash } from "node:crypto";
import type { CompactItem, ItemWithAnalysis } from "../ports/index.ts";

/**
 * Returns the strong entity tag (RFC 9110) of an item: it changes whenever what is shown of the item does, except for the
 * address of its thumbnail and the time of the last change, which a stage's lease moves, too.
 */
export function entityTag({ item, latestAnalysis, tags }: ItemWithAnalysis): string {
	const { updatedAt: _, ...shown } = item;
	// An analysis never changes, but for the usage of its embedding.
	const analysis = latestAnalysis && [latestAnalysis.id, latestAnalysis.usage];
	return tagOf([shown, analysis, tags]);
}

/** Addresses of thumbnails, which no tag counts, are valid for twice as long. */
const listTagMs = 1_800_000;

/**
 * Returns the weak entity tag of a page of items: that of its items, and another one each half hour, so that whoever keeps
 * the page gets new addresses of thumbnails before those end.
 */
export function listEntityTag(page: { items: ItemWithAnalysis[] | CompactItem[]; total: number }, now: Date): string {
	const items = page.items.map((item) => ("item" in item ? entityTag(item) : item));
	return `W/${tagOf([items, page.total, Math.floor(now.getTime() / listTagMs)])}`;
}

function tagOf(shown: unknown): string {
	const hash = createHash("sha256").update(JSON.stringify(shown));
	return `"${hash.digest("base64url").slice(0, 22)}"`;
}
