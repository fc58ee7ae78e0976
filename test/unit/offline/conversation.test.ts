import { describe, expect, it } from "vitest";
import { readInContext } from "#ai/offline/follow-up.ts";
import { itemRequest } from "#ai/offline/item-request.ts";
import { referBack } from "#ai/offline/refer-back.ts";
import { smallTalk } from "#ai/offline/small-talk.ts";
import { timeRangeIn } from "#ai/offline/time-range.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";

const now = new Date("2026-12-02T10:00:00Z"); // a Wednesday

describe("small talk", () => {
	it.each([
		"hi",
		"Hello there!",
		"thanks a lot",
		"ok thanks",
		"danke",
		"merci",
		"gracias",
		"ありがとう",
		"great",
		"bye",
	])("answers %j", (message) => {
		expect(smallTalk(message)).toMatch(/\p{L}/u);
	});

	it.each([
		"tell me a joke",
		"what is 17 * 3?",
		"who is the president of France?",
		"what's the weather in Cork?",
		"order a pizza",
		"please delete that picture",
	])("says that %j is no subject", (message) => {
		expect(smallTalk(message)).toMatch(/only know what is in the images/);
	});

	it.each([
		"hi-fi receipt",
		"who sent thanks for the flowers?",
		"weather station manual",
		"the joke by Priya",
		"1099",
		"order confirmation",
		"text from Anna",
		"call log",
		"upload failed error",
	])("leaves %j to a search", (message) => {
		expect(smallTalk(message)).toBeNull();
	});
});

it.each([
	["what did I upload today?", "2026-12-02", "2026-12-02"],
	["uploads of yesterday", "2026-12-01", "2026-12-01"],
	["photos from this week", "2026-11-30", "2026-12-06"],
	["photos of last month", "2026-11-01", "2026-11-30"],
	["pictures taken in March 2025", "2025-03-01", "2025-03-31"],
	["screenshots of the last 10 days", "2026-11-23", "2026-12-02"],
	["photos from 20 December", "2025-12-20", "2025-12-20"],
	["receipts in June", "2026-06-01", "2026-06-30"],
	["receipts from December", "2026-12-01", "2026-12-31"],
	["receipts since June", "2026-06-01", "2026-12-02"],
	["what did I upload since 20 November?", "2026-11-20", "2026-12-02"],
	["what did I upload between 20 November and 3 December?", "2026-11-20", "2026-12-03"],
	["photos from 20 December to 3 January", "2025-12-20", "2026-01-03"],
	["photos from 1 May to 3 May 2024", "2024-05-01", "2024-05-03"],
	["what did I upload since yesterday", "2026-12-01", "2026-12-02"],
	["what did I upload on Monday?", "2026-11-30", "2026-11-30"],
	["what did I upload on Wednesday?", "2026-12-02", "2026-12-02"],
	["was habe ich seit Montag hochgeladen?", "2026-11-30", "2026-12-02"],
	["what did I upload last Wednesday?", "2026-11-25", "2026-11-25"],
])("%j is from %s to %s", (message, from, to) => {
	expect(timeRangeIn(message, now)?.range).toEqual({ from, to });
});

describe("a request for items", () => {
	it.each([
		["how many items do I have?", { wants: "count", topic: "", range: null }],
		["How many food items do I have?", { wants: "count", topic: "food" }],
		["how many pictures did I upload yesterday?", { wants: "count", topic: "", range: { from: "2026-12-01" } }],
		["Wie viele Bilder habe ich?", { wants: "count", topic: "" }],
		["what did I upload last?", { wants: "list", topic: "", sort: "newest", limit: 1 }],
		["show me the last three uploads", { wants: "list", sort: "newest", limit: 3 }],
		["what did I upload last week", { wants: "list", topic: "", range: { from: "2026-11-23", to: "2026-11-29" } }],
		["how many receipts in June", { wants: "count", topic: "receipts", range: { from: "2026-06-01" } }],
		["wie viele Rechnungen im Juni?", { wants: "count", topic: "Rechnungen", range: { to: "2026-06-30" } }],
		["what did I upload on Monday?", { wants: "list", topic: "", range: { from: "2026-11-30", to: "2026-11-30" } }],
		["how many receipts since June?", { wants: "count", topic: "receipts", range: { to: "2026-12-02" } }],
		["what did I upload between 1 December and 3 December?", { wants: "list", topic: "", dates: "uploaded" }],
		["which receipts did I upload in June?", { wants: "list", topic: "receipts", range: { from: "2026-06-01" } }],
		["the latest screenshot of Slack", { wants: "list", topic: "Slack", sort: "newest", limit: 1 }],
		[
			"how many receipts in June 2026?",
			{ wants: "count", topic: "receipts", range: { to: "2026-06-30" }, dates: "shown" },
		],
		["how many receipts did I upload in June?", { wants: "count", topic: "receipts", dates: "uploaded" }],
		["what is my latest receipt?", { wants: "list", topic: "receipt", sort: "newest", limit: 1 }],
		["show me the oldest Greengate receipt", { wants: "list", topic: "Greengate receipt", sort: "oldest", limit: 1 }],
		["what is the oldest upload?", { wants: "list", sort: "oldest", limit: 1 }],
		["which photos were taken in March 2025?", { wants: "list", dates: "taken", range: { to: "2025-03-31" } }],
	])("is read in %j", (message, request) => {
		expect(itemRequest(message, now)).toMatchObject(request);
	});

	it.each([
		"how many eggs are in the cake?",
		"how many days in June?",
		"how many steps did June walk?",
		"when is the last train?",
		"show me the receipts",
		"what is the total of the last receipt?",
		"what does the latest message say?",
		"how many story points does it have?",
	])("is none in %j", (message) => {
		expect(itemRequest(message, now)).toBeNull();
	});
});

describe("a message refers back", () => {
	const item = (ref: string, headline: string): QuotedItem => ({
		ref,
		category: "Food",
		headline,
		summary: "",
		labels: "",
		extractedText: "",
	});
	const lentil = item("aaaaaaaa", "Lentil soup with garlic");
	const tomato = item("bbbbbbbb", "Tomato soup");
	const onion = item("cccccccc", "Onion soup with garlic");
	const shown = [lentil, tomato, onion];

	it.each<[string, string[], unknown]>([
		["the second one", [], { item: tomato, request: "" }],
		["and the other one?", ["aaaaaaaa", "bbbbbbbb"], { item: onion, request: "" }],
		["not that one, the lentil one", ["bbbbbbbb"], { item: lentil, request: "" }],
		["which of them mentions garlic?", [], { items: [lentil, onion] }],
		["only those with garlic", [], { items: [lentil, onion] }],
		["without the tomato ones", [], { items: [lentil, onion] }],
		["how long does it take?", ["cccccccc"], { item: onion, request: "how long does it take?" }],
		["the ninth one", [], { problem: "I showed only 3 items." }],
		["which of them mentions basil?", [], { problem: 'None of the items I showed says "basil".' }],
	])("%j", (message, cited, reference) => {
		expect(referBack(message, shown, cited)).toEqual(reference);
	});

	it.each(["when is the fire drill?", "show me the trains to Cork"])("not with %j", (message) => {
		expect(referBack(message, shown, ["aaaaaaaa"])).toBeNull();
	});
});

describe("a conversation", () => {
	it.each([
		[
			"another month",
			["how much was the rent in March 2024?"],
			"and in April?",
			"how much was the rent in April 2024?",
		],
		["a month and a year", ["what was my LDL in March 2023?"], "and in May 2024?", "what was my LDL in May 2024?"],
		[
			"another number",
			["how many cards are in sprint 58?"],
			"what about sprint 60?",
			"how many cards are in sprint 60?",
		],
		["another name", ["how much did I pay at Greengate?"], "no, I meant Dunnery's", "how much did I pay at Dunnery's?"],
		["what was wrong", ["when is the train to Cork?"], "not Cork, Galway", "when is the train to Galway?"],
		["a topic of before", ["when is the operation?", "when is the drill?"], "back to the operation", "operation"],
		[
			"a list again",
			["show me the chats", "only those about cabins", "who is it from?"],
			"show all of them again",
			"show me the chats",
		],
		["another subject", ["when is the drill?"], "how much was the taxi?", "how much was the taxi?"],
	])("takes up %s", (_, earlier, message, question) => {
		expect(readInContext(message, earlier).question).toBe(question);
	});

	it("keeps a filter until the person drops it", () => {
		const earlier = ["show me hotels", "only those in Shibuya"];
		expect(readInContext("and restaurants?", earlier).filter).toBe("Shibuya");
		expect(readInContext("show me bars", [...earlier, "forget Shibuya"]).filter).toBe("");
	});
});
