/** An item has at most so many tags. */
export const maxTags = 100;
/** Characters of a tag. */
export const maxTagLength = 100;
/** Of one analysis. */
const maxSuggestedTags = 20;

/** Characters that are not seen, but for those that join emoji and letters. */
const unseen = /[\p{Cc}\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069]/gu;

/** Paths of these names would be other paths: URLs resolve them. */
const pathSegments = new Set([".", ".."]);

/** Writes a tag without white space around it, and with single spaces inside. "" where nothing is left that can name a tag. */
export function cleanTag(name: string): string {
	const clean = name.toWellFormed().normalize("NFC").replaceAll(/\s+/gu, " ").replaceAll(unseen, "").trim();
	return pathSegments.has(clean) ? "" : clean;
}

/** Two names are the same tag where this is equal: case does not count. */
export function tagKey(name: string): string {
	return cleanTag(name).toLowerCase().normalize("NFC");
}

/** Returns the tags of a model's suggestions that an item may have. */
export function suggestedTags(names: readonly string[]): string[] {
	return distinctTags(names)
		.filter((name) => name.length <= maxTagLength)
		.slice(0, maxSuggestedTags);
}

/** Cleans the names of tags and keeps the first of those that are the same tag. */
export function distinctTags(names: readonly string[]): string[] {
	const byKey = new Map<string, string>();
	for (const name of names) {
		const key = tagKey(name);
		if (key && !byKey.has(key)) byKey.set(key, cleanTag(name));
	}
	return [...byKey.values()];
}
