import { searchText } from "#core/items/analysis.ts";
import { itemRefs } from "#core/items/item-refs.ts";
import { hasFact } from "../answers/facts.ts";
import type { ExpectedConversation, ExpectedTurn } from "./conversations.ts";

type Call = { id: string; name: string; input: Record<string, unknown> };

const dayMs = 86_400_000;
const day = (ago: number) => new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10);
const monday = (new Date().getUTCDay() + 6) % 7;
const days: Record<string, string> = {
	TODAY: day(0),
	YESTERDAY: day(1),
	LAST_MONDAY: day(monday + 7),
	LAST_SUNDAY: day(monday + 1),
};

/** Returns the tool calls by which an able model answers a turn; none for a courtesy, or about items that are shown. */
export function callsOf({ say, says, calls, search, items }: ExpectedTurn, at: number): Call[] {
	if (says === "courtesy" || says === "off_topic") return [];
	const chosen =
		calls ?? (items.length > 0 || says === "nothing" ? [["search_collection", { query: search ?? say }] as const] : []);
	return chosen.map(([name, input], index) => ({
		id: `call_${at}_${index}`,
		name,
		input: Object.fromEntries(Object.entries(input).map(([key, value]) => [key, days[String(value)] ?? value])),
	}));
}

/** Returns the reply of an able model: of each expected item the line with a fact, else its headline, with its ref. */
export function replyOf(
	{ items, facts, says, say }: ExpectedTurn,
	{ set }: Pick<ExpectedConversation, "set">,
	itemIdOf: (datasetId: string) => string,
): string {
	if (says === "courtesy") return "You are welcome.";
	if (says) return "I find nothing about this in your images.";
	if (items.length === 0) return `There are ${facts.flat()[0]} of them (${say}).`;
	const refs = itemRefs();
	const needed = facts.length > 0 ? items.slice(0, 1) : items;
	return needed
		.flatMap((id) => {
			const { headline, extractedText, summary } = searchText(
				set.items.find((item) => item.id === id)?.description ?? set.items[0]?.description ?? ({} as never),
			);
			const lines = [...extractedText.split("\n"), headline, summary];
			const quoted = facts.map((forms) => lines.find((line) => hasFact(line, forms)) ?? headline);
			const ref = refs.refFor(itemIdOf(id));
			return (quoted.length > 0 ? quoted : [headline]).map((line) => `${line.replaceAll(/[[\]]/g, "")} [${ref}].`);
		})
		.join("\n");
}
