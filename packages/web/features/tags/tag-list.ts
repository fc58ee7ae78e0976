/** Two tags that differ in case alone are one. */
export const isSameTag = (first: string, second: string): boolean =>
	first.trim().toLowerCase() === second.trim().toLowerCase();

/** Adds a tag that is not there yet. */
export function withTag(tags: readonly string[], text: string): string[] {
	const tag = text.trim();
	return tag === "" || tags.some((each) => isSameTag(each, tag)) ? [...tags] : [...tags, tag];
}

/**
 * Returns the known tags that a text may become: those that begin with it before those that have it inside, each in the
 * order in which they are known.
 */
export function suggestedTags(
	known: readonly string[],
	text: string,
	chosen: readonly string[],
	maxSuggestions: number,
): string[] {
	const typed = text.trim().toLowerCase();
	const free = known.filter((name) => !chosen.some((tag) => isSameTag(tag, name)));
	const at = (name: string) => name.toLowerCase().indexOf(typed);
	const beginning = free.filter((name) => at(name) === 0);
	const inside = free.filter((name) => at(name) > 0);
	return [...beginning, ...inside].slice(0, maxSuggestions);
}
