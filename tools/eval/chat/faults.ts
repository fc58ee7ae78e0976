import { hasFact } from "../answers/facts.ts";
import type { ExpectedTurn } from "./conversations.ts";

export interface Replied {
	text: string;
	/** The set's ids of the items cited. */
	cited: string[];
	tools: string[];
}

const citation = /\s?\[[0-9a-f, -]+\]/g;
const searches = ["search_collection", "list_items", "get_item"];

/** Returns what is wrong with a reply; nothing where it is right. */
export function faultsOf(expected: ExpectedTurn, { text, cited, tools }: Replied): string[] {
	const { facts, items, all, says } = expected;
	const words = text.replaceAll(citation, "");
	const faults = [
		...facts.filter((forms) => !hasFact(words, forms)).map((forms) => `lacks ${forms.join(" or ")}`),
		...expected.tools.filter((tool) => !tools.includes(tool)).map((tool) => `does not use ${tool}`),
	];
	if (says) {
		if (cited.length > 0) faults.push("cites items");
		const searched = tools.filter((tool) => searches.includes(tool));
		if (says !== "nothing" && searched.length > 0) faults.push(`uses ${searched.join(", ")}`);
		if (says === "nothing" && !/\b(?:no|not|nothing|none)\b/i.test(text))
			faults.push("does not say that nothing is there");
		return faults;
	}
	const others = cited.filter((id) => !items.includes(id));
	const missing = all ? items.filter((id) => !cited.includes(id)) : [];
	return [
		...faults,
		...(items.length > 0 && cited.length === 0 ? ["cites nothing"] : []),
		...others.map((id) => `cites ${id}`),
		...missing.map((id) => `does not cite ${id}`),
	];
}
