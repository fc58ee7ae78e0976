import { maxTagLength, tagKey } from "#core/items/tag-names.ts";
import { text } from "../http/routing.ts";

/** The name of a tag in a request. */
export const tagName = text(maxTagLength).refine((name) => tagKey(name) !== "", { error: "Is empty" });
