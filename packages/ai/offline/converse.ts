import { noAnswer } from "#core/chat/answer-question.ts";
import { wholeText } from "#core/chat/cited-answer.ts";
import { totalIn } from "#core/chat/item-tools.ts";
import { type QuotedItem, readQuotedItems } from "#core/chat/quoted-items.ts";
import type { ChatMessage } from "#core/ports/index.ts";
import { contentWords, coverage } from "#core/search/words.ts";
import { lexemesIn } from "#text/document.ts";
import { analyzeQuestion } from "#text/question.ts";
import { answerAbout } from "./answer-fact.ts";
import { askedWords, neededWords, weigher } from "./asked-words.ts";
import { extract } from "./extract.ts";
import { dropsFilter, readInContext, wantsAll } from "./follow-up.ts";
import { type ItemRequest, itemRequest } from "./item-request.ts";
import { withoutFraming } from "./plan-searches.ts";
import { describeItem, listItems, type Reference, referBack } from "./refer-back.ts";
import { smallTalk } from "./small-talk.ts";

/** The next step of the chat: calls of tools, or an answer. */
export type NextStep = { calls: { name: string; input: Record<string, unknown> }[] } | { text: string };

interface Conversation {
	message: string;
	/** The items of the last answer, in its order. */
	shown: QuotedItem[];
	/** Refs that the last answer cited. */
	cited: string[];
	/** The person's earlier messages, oldest first. */
	earlier: string[];
	/** This turn's messages after the person's. */
	turn: ChatMessage[];
	now: Date;
}

/** Takes the next step of a conversation, by rules: the same messages get the same answer. */
export function converse(conversation: Conversation): NextStep {
	const { message, shown, cited, earlier, turn, now } = conversation;
	const reply = smallTalk(message);
	if (reply) return { text: reply };
	const request = itemRequest(message, now);
	if (request) return fulfil(request, turn);
	if (!dropsFilter(message)) {
		const reference = referBack(message, shown, cited);
		if (reference) return refer(reference, turn);
	}
	const { question, filter } = readInContext(message, earlier);
	const again = itemRequest(question, now);
	return again ? fulfil(again, turn) : search(question, filter, turn);
}

const call = (name: string, input: Record<string, unknown>): NextStep => ({ calls: [{ name, input }] });

/** Returns the results of a tool in this turn. */
function resultsOf(turn: ChatMessage[], tool: string): string[] {
	const ids = turn.flatMap((message) =>
		message.role === "assistant" ? message.toolCalls.filter(({ name }) => name === tool).map(({ id }) => id) : [],
	);
	return turn.flatMap((message) => (message.role === "tool" && ids.includes(message.callId) ? [message.text] : []));
}

/** Takes the next step to what a request asks for, with this turn's messages after the person's. */
export function fulfil(request: ItemRequest, turn: ChatMessage[]): NextStep {
	const { topic, range, dates, wants } = request;
	if (!topic) return wants === "count" ? count({ ...range, dates }, turn) : list(request, {}, turn);
	const [categories] = resultsOf(turn, "list_categories");
	if (categories === undefined) return call("list_categories", {});
	const category = categoryOf(topic, categories);
	if (category) {
		return wants === "count" ? count({ ...range, dates, category }, turn) : list(request, { category }, turn);
	}
	return list(request, { about: topic }, turn);
}

function count(filter: Record<string, unknown>, turn: ChatMessage[]): NextStep {
	const [result] = resultsOf(turn, "count_items");
	if (result === undefined) return call("count_items", withoutEmpty(filter));
	const total = totalIn(result);
	if (total === null) return { text: "I could not count them." };
	const where = filter.category ? ` in the category ${String(filter.category)}` : "";
	return { text: `You have ${total} ${total === 1 ? "item" : "items"}${where}${whenOf(filter)}.` };
}

function list(
	{ range, dates, sort, limit, wants }: ItemRequest,
	more: Record<string, unknown>,
	turn: ChatMessage[],
): NextStep {
	const topic = String(more.about ?? "");
	const filter = { ...range, dates, ...more };
	const [result] = resultsOf(turn, "list_items");
	// Of those about a topic more are read: some may lack a word of it.
	if (result === undefined)
		return call("list_items", withoutEmpty({ ...filter, sort, limit: topic ? maxRead : limit }));
	const items = itemsAbout(topic, readQuotedItems(result));
	if (items.length === 0) return { text: `You have no such item${whenOf(filter)}.` };
	if (wants === "list") return { text: listItems(items.slice(0, limit)) };
	const total = totalIn(result);
	return items.length === maxRead && total !== null && total > maxRead
		? {
				text: `You have ${isLeast(result) ? "at least " : ""}${total} items about ${JSON.stringify(topic)}${whenOf(filter)}.`,
			}
		: { text: tally(items, topic) };
}

/** A list holds no more. */
const maxRead = 20;

const withoutEmpty = (filter: Record<string, unknown>) =>
	Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== null));

function whenOf({ from, to, dates }: Record<string, unknown>): string {
	if (!from) return "";
	const verb = dates === "shown" ? "taken or uploaded" : String(dates);
	return ` ${verb} ${from === to ? `on ${String(from)}` : `from ${String(from)} to ${String(to)}`}`;
}

/** True where the tools know only that there are as many at least. */
const isLeast = (result: string) => result.startsWith('{"total_is_at_least"');

function tally(items: QuotedItem[], topic: string): string {
	if (items.length === 0) return noAnswer;
	return `I found ${items.length} about ${JSON.stringify(topic)}:\n${listItems(items)}`;
}

/** Returns the category that a topic names, in any form of its word. */
function categoryOf(topic: string, categories: string): string | null {
	const names = [...categories.matchAll(/"category":"((?:[^"\\]|\\.)*)"/g)].map(
		([, name]) => JSON.parse(`"${name}"`) as string,
	);
	const wanted = lexemesIn(topic);
	return contentWords(topic).size === 1
		? (names.find((name) => [...lexemesIn(name)].some((each) => wanted.has(each))) ?? null)
		: null;
}

const itemsIn = (results: string[]): QuotedItem[] => [
	...new Map(results.flatMap(readQuotedItems).map((item) => [item.ref, item])).values(),
];

/** Keeps the items that have all words of a topic. */
function itemsAbout(topic: string, items: QuotedItem[]): QuotedItem[] {
	const words = contentWords(topic);
	return items.filter((item) => words.size === 0 || coverage(words, contentWords(wholeText(item))) === 1);
}

/** Answers about items that were shown before: about a single one after reading it in full. */
function refer(reference: Reference, turn: ChatMessage[]): NextStep {
	if ("problem" in reference) return { text: reference.problem };
	if ("items" in reference) return { text: listItems(reference.items) };
	const { item: shownItem, request } = reference;
	const whole = resultsOf(turn, "get_item")
		.flatMap(readQuotedItems)
		.find(({ ref }) => ref === shownItem.ref);
	if (!whole && resultsOf(turn, "get_item").length === 0) return call("get_item", { item: shownItem.ref });
	const item = whole ?? shownItem;
	return { text: request ? answerAbout(request, item) : describeItem(item) };
}

function search(question: string, filter: string, turn: ChatMessage[]): NextStep {
	const asks = analyzeQuestion(question);
	const isList = wantsAll.test(question) && asks?.kind !== "amount";
	const results = resultsOf(turn, "search_collection");
	const topic = isList ? listedTopic(question) : asks ? neededWords(question, asks) : withoutFraming(question);
	if (results.length === 0) {
		const queries = [...new Set([question, topic].filter((query) => query))];
		return { calls: queries.map((query) => ({ name: "search_collection", input: { query } })) };
	}
	const found = itemsIn(results);
	const words = contentWords(filter);
	const filtered = found.filter((item) => words.size > 0 && coverage(words, contentWords(wholeText(item))) === 1);
	const items = filtered.length > 0 ? filtered : found;
	if (isList) {
		const listed = mostlyAbout(topic, items);
		return { text: listed.length > 0 ? listItems(listed) : noAnswer };
	}
	return { text: extract(question, items) || (asks ? noAnswer : extract(topic, items) || noAnswer) };
}

const listedTopic = (question: string) =>
	withoutFraming(
		question.replaceAll(
			/\b(?:zeig\p{L}*|mir|meine?|such\p{L}*|finde|montre\p{L}*|moi|mes|muestra|muéstrame|mis|habe|ich|gibt|es|tengo|hay|got|keep|there)\b/giu,
			" ",
		),
	);

/** Fewer of a list's words are in an item that is about something else. */
const minListShare = 0.75;

/** Keeps the items that have the names of a topic, or without a name nearly all of its words. */
function mostlyAbout(topic: string, items: QuotedItem[]): QuotedItem[] {
	const words = askedWords(`which ${topic}`, { kind: "thing", language: "en" });
	const names = words.filter(({ isName }) => isName);
	const share = weigher(names.length > 0 ? names : words, new Map(words.map((word) => [word, 1])));
	return items.filter((item) => share(lexemesIn(wholeText(item))) >= minListShare);
}
