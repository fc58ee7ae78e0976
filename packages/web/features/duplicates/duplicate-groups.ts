type Pair = readonly string[];

/**
 * Returns groups of items that show nearly the same picture, each of an item and those that resemble it: of the item, not
 * of one another, since pictures that change little by little end far apart. An item is in one group alone.
 */
export function duplicateGroups(pairs: readonly Pair[]): string[][] {
	const alike = new Map<string, Set<string>>();
	const note = (from: string, to: string) => alike.set(from, (alike.get(from) ?? new Set()).add(to));
	for (const [first, second] of pairs) {
		if (!first || !second) continue;
		note(first, second);
		note(second, first);
	}
	const grouped = new Set<string>();
	const groups: string[][] = [];
	// Those that resemble many come first: they are the middle of their groups.
	for (const [id, others] of [...alike].sort(([, a], [, b]) => b.size - a.size)) {
		if (grouped.has(id)) continue;
		const group = [id, ...[...others].filter((each) => !grouped.has(each))];
		if (group.length < 2) continue;
		for (const each of group) grouped.add(each);
		groups.push(group);
	}
	return groups;
}

interface Candidate {
	width: number | null;
	height: number | null;
	file_size: number;
	created_at: string;
}

/** Returns the item to keep: of the most pixels, else the largest file, else the one that came first. */
export function bestOf<Item extends Candidate>(items: readonly Item[]): Item | undefined {
	const pixels = ({ width, height }: Candidate) => (width ?? 0) * (height ?? 0);
	return [...items].sort(
		(a, b) => pixels(b) - pixels(a) || b.file_size - a.file_size || (a.created_at < b.created_at ? -1 : 1),
	)[0];
}

/** A group's name, whatever the order in which it was found. */
export const groupKey = (ids: readonly string[]): string => ids.toSorted().join();
