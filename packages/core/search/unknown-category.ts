import type { Ports } from "../ports/index.ts";

const maxNamed = 10;

/**
 * Tells a category that is misspelt from one in which nothing was found.
 * @returns a sentence for the person; null where an item has the category
 */
export async function explainUnknownCategory(
	{ items }: Pick<Ports, "items">,
	userId: string,
	category: string,
): Promise<string | null> {
	if ((await items.count(userId, { category })) > 0) return null;
	const known = (await items.categories(userId)).slice(0, maxNamed).map((each) => each.category);
	return `Nothing was found: no item has the category "${category}"${known.length > 0 ? `, yours are ${known.join(", ")}` : ""}.`;
}
