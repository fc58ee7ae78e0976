import { describe, expect, it } from "vitest";
import type { SearchText } from "#core/items/analysis.ts";
import { peers } from "#tools/eval/peer-searches.ts";

const text = (more: Partial<SearchText>): SearchText => ({
	headline: "",
	summary: "",
	note: "",
	labels: "",
	extractedText: "",
	...more,
});
const documents = [
	{ id: "read", text: text({ headline: "Ticket", extractedText: "flights to Lisbon" }) },
	{
		id: "titled",
		text: text({ headline: "Flights over Lisbon", extractedText: "a long list of other words of no use" }),
	},
	{ id: "other", text: text({ headline: "Ramen", labels: "Food" }) },
];
const find = async (peer: string, query: string) => (await peers[peer]?.(documents))?.find(query, 10);

// MiniSearch and Orama are installed only where PEERS=1 is given.
describe("SQLite's full-text search", () => {
	it("finds any word of the query, in any form", async () => {
		expect((await find("fts5", "ramen or flight"))?.toSorted()).toEqual(["other", "read", "titled"]);
		expect(await find("fts5", "!! ?")).toEqual([]);
	});

	it("ranks a headline before other text where fields have weights", async () => {
		expect((await find("fts5", "flight lisbon"))?.[0]).toBe("read");
		expect((await find("fts5-weighted", "flight lisbon"))?.[0]).toBe("titled");
	});

	it("finds parts of words by trigrams", async () => {
		expect(await find("fts5-trigram", "isbo of")).toEqual(expect.arrayContaining(["read", "titled"]));
		expect(await find("fts5", "isbo")).toEqual([]);
	});
});
