import { text } from "#core/input-fields.ts";
import { maxTagLength, tagKey } from "#core/items/tag-names.ts";

/** The name of a tag in a request. */
export const tagName = text(maxTagLength).refine((name) => tagKey(name) !== "", {
	error: "Names no tag: it is empty, or . or ..",
});
