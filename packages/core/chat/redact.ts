import { splitSentences } from "#text/sentences.ts";
import type { Ports, SessionMessage, ShownItem } from "../ports/index.ts";
import { bulletPattern } from "../search/words.ts";

/** Ends an answer that had sentences about a deleted item. */
const notice = "What was said here about a deleted item was removed.";

/** Leaves out of messages what they hold of items that were deleted or are in the trash. */
export async function redactUnlisted(
	{ items }: Pick<Ports, "items">,
	userId: string,
	messages: SessionMessage[],
): Promise<SessionMessage[]> {
	const ids = [...new Set(messages.flatMap(itemsIn))];
	if (ids.length === 0) return messages;
	const listed = new Set(await items.listed(userId, ids));
	const deleted = new Set(ids.filter((id) => !listed.has(id)));
	return messages.map((message) => redactMessage(message, deleted));
}

/**
 * Removes from an answer the sentences that cite a deleted item, and the item's texts. Where an answer has words of a
 * deleted item that it does not cite, all sentences without a citation are removed. Returns the same message where it holds
 * nothing of these items.
 */
export function redactMessage(message: SessionMessage, deleted: ReadonlySet<string>): SessionMessage {
	if (!itemsIn(message).some((id) => deleted.has(id))) return message;
	const { text, items, unnamedItems = [] } = message;
	const isUnnamed = unnamedItems.some((id) => deleted.has(id));
	const remainingText = withoutSentencesAbout(isUnnamed ? onlyCited(text) : text, deleted);
	return {
		...message,
		text: remainingText.endsWith(notice) ? remainingText : `${remainingText}\n\n${notice}`.trim(),
		items: items.map((item) => (deleted.has(item.itemId) ? redactedItem(item) : item)),
		unnamedItems: isUnnamed ? [] : unnamedItems,
	};
}

/** Returns the items that an answer holds something of. A question is the person's own words. */
export function itemsIn({ role, text, items, unnamedItems = [] }: SessionMessage): string[] {
	if (role === "user") return [];
	const shown = items.flatMap(({ itemId, deleted }) => (deleted ? [] : [itemId]));
	return [...shown, ...citedIn(text), ...unnamedItems];
}

/** Keeps what tells a client which item it was. */
function redactedItem({ itemId, mimeType, score, analysisId }: ShownItem): ShownItem {
	return { itemId, mimeType, score, analysisId, category: "", headline: "", summary: "", deleted: true };
}

const citation = /\[[^[\]]{1,2000}\]/g;
const uuid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

const citedIn = (text: string): string[] =>
	[...text.matchAll(citation)].flatMap(([mark]) => [...mark.matchAll(uuid)].map(([id]) => id));

const onlyCited = (text: string): string =>
	text
		.split("\n")
		.flatMap((line) => {
			const cited = splitSentences(line).filter((sentence) => citedIn(sentence).length > 0);
			return cited.length > 0 ? [cited.join(" ")] : [];
		})
		.join("\n");

function withoutSentencesAbout(text: string, deleted: ReadonlySet<string>): string {
	const isAbout = (part: string) => citedIn(part).some((id) => deleted.has(id));
	return text
		.split("\n")
		.flatMap((line) => {
			if (!isAbout(line)) return [line];
			const bullet = bulletPattern.exec(line)?.[0] ?? "";
			const remainingParts = citedParts(line.slice(bullet.length)).filter((part) => !isAbout(part));
			return remainingParts.length > 0 ? [bullet + remainingParts.join(" ")] : [];
		})
		.join("\n")
		.trim();
}

/** Splits a line after each sentence with a citation: what has none is a part of its neighbour, since every sentence had one. */
function citedParts(line: string): string[] {
	const parts: string[] = [];
	let open: string[] = [];
	for (const sentence of splitSentences(line)) {
		open.push(sentence);
		if (citedIn(sentence).length === 0) continue;
		parts.push(open.join(" "));
		open = [];
	}
	const last = [parts.pop(), ...open].filter((part) => part !== undefined).join(" ");
	return [...parts, last];
}
