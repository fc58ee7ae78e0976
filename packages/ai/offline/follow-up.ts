import { contentWords } from "#core/search/words.ts";
import { isReference } from "./refer-back.ts";
import { smallTalk } from "./small-talk.ts";

/** The question at hand, with what earlier ones still say about it. */
interface Context {
	/** The question to answer: the message, or the question before it as the message corrects it. */
	question: string;
	/** Words that every item must have until the person drops them. */
	filter: string;
}

const filtering =
	/\b(?:only|just)\s+(?:those|these|them|the\s+ones?)\s+(?:(?:in|from|with|about|for|at|of|by|on)\s+)?(.+?)[.!?]*$/i;
const dropping =
	/\b(?:all\s+of\s+(?:them|those)\s+again|show\s+(?:me\s+)?(?:them\s+)?all(?:\s+again)?|(?:forget|drop|remove|clear|never\s*mind)\s+(?:about\s+)?(?:the\s+|that\s+)?(?:filter|restriction|\p{L}+)|without\s+(?:the|that)\s+filter|anywhere(?:\s+is\s+fine)?|everything\s+again)\b/iu;
const correcting =
	/^(?:no|nope|sorry|oops|wait|actually|nein|non)?[,.!\s-]*(?:i\s+(?:meant|mean|wanted)|make\s+that|rather|ich\s+meinte?|je\s+voulais\s+dire|quise\s+decir)[\s,:]+(?:the\s+|die\s+|den\s+)?(.+?)[.!?]*$/i;
const replacing =
	/^(?:no|nope|sorry)?[,.!\s-]*not\s+(?:the\s+|in\s+|at\s+|from\s+)?(.+?)[,;]\s*(?:but\s+)?(?:the\s+|in\s+|at\s+|from\s+)?(.+?)[.!?]*$/i;
const continuing =
	/^(?:and|what\s+about|how\s+about|und|wie\s+ist\s+es\s+mit|et|y)\s+(?:for\s+|at\s+|from\s+|in\s+|on\s+)?(?:the\s+)?(.+?)[.!?]*$/i;
const returning =
	/^(?:ok(?:ay)?,?\s+)?(?:(?:let'?s\s+)?(?:go\s+)?back\s+to|again\s+about|about\s+the)\s+(?:the\s+|my\s+)?(.+?)[.!?]*$/i;

/** "show me my receipts", "which recipes do I have", "do I have any": all items are wanted. */
export const wantsAll =
	/^(?:please |can you |could you )?(?:show|list|find|give|search|look)\b|^(?:do|have) (?:i|we) (?:have|got|keep|saved?)\b|^(?:what|which)\b[^,]{1,40}\b(?:do|have) (?:i|we) (?:have|got|kept|saved)[?.!\s]*$|^(?:are|is) there (?:any|an?)\b|^(?:zeig|such|finde|liste)|^(?:habe ich|gibt es)\b|^(?:montre|cherche|trouve|ai-je)|^(?:muestra|muéstrame|busca|tengo|hay)\b/i;

/** Reads a message in the light of the person's earlier ones, oldest first. */
export function readInContext(message: string, earlier: string[]): Context {
	let question = "";
	/** The last request for a list, which "all of them" means. */
	let list = "";
	let filter = "";
	for (const text of [...earlier, message]) {
		const filtered = filtering.exec(text)?.[1];
		if (dropping.test(text)) {
			filter = "";
			question = list || question;
		}
		if (filtered) filter = filtered;
		if (dropping.test(text) || filtered) continue;
		if (text === message || !(isReference(text) || smallTalk(text))) {
			question = rewritten(text, question);
			if (wantsAll.test(question)) list = question;
		}
	}
	return { question: question || message, filter };
}

/** True for a message that drops the filter and asks for the items of before. */
export const dropsFilter = (message: string): boolean => dropping.test(message);

function rewritten(message: string, before: string): string {
	const returned = returning.exec(message)?.[1];
	if (returned) return returned;
	if (!before) return message;
	const [, wrong, right] = replacing.exec(message) ?? [];
	if (wrong && right && contains(before, wrong)) return replaceWord(before, wrong, right);
	const corrected = correcting.exec(message)?.[1] ?? (isShort(message) ? continuing.exec(message)?.[1] : undefined);
	return corrected ? substituted(before, corrected) : message;
}

const isShort = (message: string) =>
	message.split(/\s+/).length <= 7 &&
	!/\b(?:how|when|where|who|is|are|was|did|does)\b/i.test(message.replace(/^(?:what|how)\s+about/i, ""));

const contains = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());
const replaceWord = (text: string, from: string, to: string) => {
	const at = text.toLowerCase().indexOf(from.toLowerCase());
	return `${text.slice(0, at)}${to}${text.slice(at + from.length)}`;
};

const kinds = [
	/\b(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember)\b/i,
	/\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b/i,
	/\b(?:19|20)\d{2}\b/,
	/\b(?!(?:19|20)\d{2}\b)\d+\b/,
];

/** Puts what a person corrects in the place of the same kind of word in their question: a month, a year, a number, a name, else the last words. */
function substituted(question: string, correction: string): string {
	const isQuestion = contentWords(correction).size > 4;
	if (isQuestion) return correction;
	let replaced = question;
	for (const kind of kinds) {
		const [from] = kind.exec(replaced) ?? [];
		const [to] = kind.exec(correction) ?? [];
		if (from && to && from !== to) replaced = replaceWord(replaced, from, to);
	}
	if (replaced !== question) return replaced;
	const names = [...question.matchAll(/(?<=\s)\p{Lu}[\p{L}\p{N}&'.-]*(?:\s+(?:&\s+)?\p{Lu}[\p{L}\p{N}&'.-]*)*/gu)].map(
		([name]) => name,
	);
	const name = names.at(-1)?.replace(/[.?!]+$/, "");
	if (name && /^\p{Lu}/u.test(correction)) return replaceWord(question, name, correction);
	const words = question.replace(/[.?!\s]+$/, "").split(/\s+/);
	const last = words.findLastIndex((word) => contentWords(word).size > 0);
	return last < 0 ? correction : [...words.slice(0, last), correction, ...words.slice(last + 1)].join(" ");
}
