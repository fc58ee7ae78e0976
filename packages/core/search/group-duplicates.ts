import type { Hit, Ports } from "../ports/index.ts";

/** A hit with those of the other hits that show nearly the same picture, best first. */
export interface GroupedHit extends Hit {
	duplicates: string[];
}

/** Keeps of near-duplicates the best hit alone, with the ids of the others. */
export async function groupDuplicates(
	{ similar }: Pick<Ports, "similar">,
	userId: string,
	hits: Hit[],
): Promise<GroupedHit[]> {
	if (hits.length < 2) return hits.map((hit) => ({ ...hit, duplicates: [] }));
	const pairs = await similar.pairs(
		userId,
		hits.map(({ itemId }) => itemId),
	);
	const alike = new Map<string, Set<string>>();
	for (const [a, b] of pairs) {
		alike.set(a, (alike.get(a) ?? new Set()).add(b));
		alike.set(b, (alike.get(b) ?? new Set()).add(a));
	}
	const groups: GroupedHit[] = [];
	for (const hit of hits) {
		// Of the best hit, not of one another: pictures that change little by little end far apart.
		const group = groups.find(({ itemId }) => alike.get(itemId)?.has(hit.itemId));
		if (group) group.duplicates.push(hit.itemId);
		else groups.push({ ...hit, duplicates: [] });
	}
	return groups;
}
