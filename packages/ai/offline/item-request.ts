import { type TimeRange, timeRangeIn } from "./time-range.ts";

/** A request for items by what is known of each: how many, the latest, those of some days. */
export interface ItemRequest {
	wants: "count" | "list";
	/** The words that the items are about; empty for all. */
	topic: string;
	range: TimeRange | null;
	/** As the tools name them: of what only names days, those of taking where they are known. */
	dates: "uploaded" | "taken" | "shown";
	sort: "newest" | "oldest";
	limit: number;
}

const thing =
	"(?:items?|images?|pictures?|pics?|photos?|screenshots?|files?|uploads?|things?|bilder?|fotos?|dateien|images?|captures?|imágenes|imagen|capturas?)";
const mine =
	"(?:do i have|have i (?:got|saved|kept|uploaded|added|taken)|did i (?:upload|save|keep|add|take|make)|are there|are (?:in|of) my collection|is in my collection|in all|in total)";

const counting = [
	new RegExp(`\\bhow many (?<topic>.*?)\\s*\\b${mine}\\b`, "i"),
	/\bcount (?:all )?(?:of )?(?:my|the) (?<topic>.+)/i,
	/\bwie viele? (?<topic>.*?)\s*\b(?:habe ich|hab ich|sind es|gibt es)\b/i,
	/\bcombien (?:de |d'|d’)(?<topic>.*?)\s*\b(?:ai-je|j'ai|est-ce que j'ai|y a-t-il)/i,
	/\bcu[áa]nt[oa]s (?<topic>.*?)\s*\b(?:tengo|hay|he guardado)\b/i,
	/(?<topic>.*?)は?(?:何枚|何件|いくつ)(?:あり|持って)/,
];
/** Names of pictures that people keep. "How many days in June?" asks for none. */
const nameOfThings = new RegExp(
	`^(?:my )?(?:[\\p{L}&'-]+ )?(?:${thing}|receipts?|invoices?|bills?|tickets?|recipes?|chats?|messages|e-?mails?|letters?|memes?|selfies?|maps?|notes?|documents?|boarding passes|belege?|quittungen|rechnungen|tickets|rezepte|briefe|factures?|reçus?|billets?|recibos?|facturas?|recetas?)$`,
	"iu",
);
const howMany = /\b(?:how many|wie viele?|combien (?:de |d'|d’)|cu[áa]nt[oa]s) ?(?<topic>.+?)[\s?.!]*$/i;
const uploading =
	/\b(?:upload(?:ed)?|add(?:ed)?|save[d]?|ke(?:ep|pt)|put in|hochgeladen|gespeichert|ajouté|téléchargé|subí|subido|guardé)\b/i;
const latest =
	/\b(?:last|latest|newest|most recent(?:ly)?|recent(?:ly)?|zuletzt|neueste[ns]?|letzte[ns]?|derni(?:er|ère)s?|últim[oa]s?)\b/i;
const oldest = /\b(?:oldest|first|earliest|älteste[ns]?|erste[ns]?|premi(?:er|ère)s?|primer[oa]?s?)\b/i;
const listing =
	/\b(?:show|list|give|what|which|find|zeig\p{L}*|was|welche|montre\p{L}*|liste|qu(?:e|')|quelles?|muestra\p{L}*|qué)\b/iu;
/** Asks for the item itself, not for what it says. */
const theLatest = new RegExp(
	`^(?:(?:please )?(?:show|give|find|list)(?: me)?|what(?:'s| is| was| are)|which (?:is|was|are))? ?(?:the|my) (?:(?:${latest.source}|${oldest.source}) )(?<topic>[^.?!]+?)[\\s.?!]*$`,
	"i",
);
const taking = /\b(?:taken?|took|shot|photographed|aufgenommen|fotografiert|prises?|tomadas?)\b/i;
const allThings = new RegExp(`\\b${thing}\\b`, "giu");
const numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const maxListed = 20;

/** Reads a request for items by count or time; null for a message that asks for anything else. */
export function itemRequest(message: string, now: Date): ItemRequest | null {
	const timed = timeRangeIn(message, now);
	const text = timed?.rest ?? message;
	const request = {
		range: timed?.range ?? null,
		dates: taking.test(text) ? ("taken" as const) : uploading.test(text) ? ("uploaded" as const) : ("shown" as const),
		sort: oldest.test(text) ? ("oldest" as const) : ("newest" as const),
	};
	for (const pattern of counting) {
		const topic = pattern.exec(text)?.groups?.topic;
		if (topic !== undefined) return { ...request, wants: "count", topic: topicOf(topic), limit: maxListed };
	}
	const within =
		timed && howMany.exec(text)?.groups?.topic?.replace(/\s+(?:in|on|of|from|for|during|im|am|vom|en|de|du|del)$/i, "");
	if (within && nameOfThings.test(within))
		return { ...request, wants: "count", topic: topicOf(within), limit: maxListed };
	const ranked = theLatest.exec(text)?.groups?.topic;
	if (ranked && nameOfThings.test(ranked))
		return { ...request, wants: "list", topic: topicOf(ranked), limit: limitOf(text, true) };
	const isUpload = uploading.test(text);
	const isRanked = latest.test(text) || oldest.test(text);
	const namesThings = new RegExp(`\\b${thing}\\b`, "iu").test(text);
	const isAsked = listing.test(text) || /^(?:the |my )?(?:last|latest|newest|oldest|most recent)\b/i.test(text);
	if (!isAsked || !(isUpload || (namesThings && (isRanked || timed !== null)))) return null;
	if (!isRanked && timed === null) return null;
	const topic = topicOf(
		text
			.replaceAll(new RegExp(`${uploading.source}|${latest.source}|${oldest.source}|${taking.source}`, "giu"), " ")
			.replaceAll(
				/\b(?:show|list|give|tell|find|what|which|did|do|have|has|was|were|is|are|i|me|my|the|a|an|all|of|from|in|on|that|zeig\p{L}*|mir|meine?|ich|habe|welche|was)\b/giu,
				" ",
			),
	);
	return { ...request, wants: "list", topic, limit: limitOf(text, isRanked) };
}

/** "the last three", "my 5 newest"; one where neither a number nor a plural says more. */
function limitOf(text: string, isRanked: boolean): number {
	const [, digits, word] =
		new RegExp(`\\b(?:(\\d{1,2})|(${numbers.join("|")}))\\b(?!\\s*(?:days?|weeks?|months?))`, "i").exec(text) ?? [];
	const number = digits ? Number(digits) : word ? numbers.indexOf(word.toLowerCase()) + 1 : 0;
	if (number > 0) return Math.min(number, maxListed);
	return isRanked && !/\b(?:items|images|pictures|pics|photos|screenshots|files|uploads|things)\b/i.test(text)
		? 1
		: maxListed;
}

/** Removes the words for items of any kind, articles and punctuation. */
function topicOf(text: string): string {
	return text
		.replaceAll(allThings, " ")
		.replaceAll(
			/\b(?:different|single|of|the|my|all|about|with|from|in|on|and|any|last|first|der|die|das|von|mit|de|des|du|les|mes|con|del)\b/giu,
			" ",
		)
		.replaceAll(new RegExp(`\\b(?:${numbers.join("|")}|\\d{1,2})\\b`, "giu"), " ")
		.replaceAll(/[^\p{L}\p{N}&'+-]+/gu, " ")
		.trim();
}
