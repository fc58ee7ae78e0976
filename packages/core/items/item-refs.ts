/**
 * Short names for items while a model speaks of them: a model repeats eight characters faster, and with fewer
 * mistakes, than thirty-six.
 */
export interface ItemRefs {
	/** The item's name; it has the same one whenever it is asked for. */
	refFor(itemId: string): string;
	/** The item of a name, or of its whole id; null for one that was never named here. */
	itemIdFor(ref: string): string | null;
}

const shortLength = 8;

/** Names these items, and every later one, by the beginning of their ids. */
export function itemRefs(itemIds: Iterable<string> = []): ItemRefs {
	const byRef = new Map<string, string>();
	const byId = new Map<string, string>();
	const refs: ItemRefs = {
		refFor(itemId) {
			const known = byId.get(itemId);
			if (known) return known;
			const short = itemId.slice(0, shortLength);
			const ref = byRef.has(short) ? itemId : short;
			byId.set(itemId, ref);
			byRef.set(ref, itemId);
			return ref;
		},
		itemIdFor(ref) {
			const written = ref.trim().toLowerCase();
			return byRef.get(written) ?? (byId.has(written) ? written : null);
		},
	};
	for (const itemId of itemIds) refs.refFor(itemId);
	return refs;
}
