import { evidenceOf } from "#text/evidence.ts";
import { analyzeQuestion } from "#text/question.ts";
import { type ErrorCode, ModelFailure } from "../errors.ts";
import type { TokenUsage } from "../items/analysis.ts";
import { type ItemRefs, itemRefs } from "../items/item-refs.ts";
import type { ChatRequest, Hit, Ports } from "../ports/index.ts";
import { isStrong } from "../search/search-items.ts";
import { contentWords, coverage } from "../search/words.ts";
import { type Citation, removeUnsupportedSentences, verifyGrowing, wholeText } from "./cited-answer.ts";
import { asData, type QuotedItem, quotedItem, quoteItems, quoteRules, shortQuote } from "./quoted-items.ts";

/** A short answer whose every sentence is supported by items that were found, or the reason why there is none. */
export interface Answer {
	text: string | null;
	/** One sentence; null where there is a text, or none was requested. */
	reason: string | null;
	/**
	 * 0 to 1: share of the model's sentences that are supported x share of their words in the items they cite x how
	 * well those items match the question, half where no sentence has the kind of fact it asks for. Null without a text.
	 */
	confidence: number | null;
	citations: Citation[];
	/** The sentences that cite no item: they say how many there are. */
	counts: string[];
	/** As `provider/model`; null where no model was called. */
	model: string | null;
	/** The provider's id of the call. */
	traceId: string | null;
	/** One entry for each call that was answered. */
	usage: TokenUsage[];
}

/** More items than this do not make a short answer better. */
const maxItems = 10;

/** A page of text at most, the model's reasoning included. */
const maxOutputTokens = 2_000;

/** The model writes it where the items do not answer the question. */
export const noAnswer = "NO_ANSWER";

export const answerRules = `Answer in at most five short sentences, in the language of the question. Take every fact from the items and from nowhere else, and keep names, numbers and quoted words as the items have them. End every sentence with the ref of each item it rests on, in brackets: "The gate is 12 [1c6a680c]." A sentence without a ref is removed. Where the items do not answer the question, write ${noAnswer} and nothing else.`;

const instructions = `You answer a person's question from what is known of the images they keep.

${answerRules}

${quoteRules}`;

/**
 * Answers a question from the items that were found for it. Where the model fails, refuses or invents, there is no
 * answer, and the search still succeeds.
 * @throws ModelFailure `model_gone`, and of a model that the request names `provider_not_available`, `model_not_found`
 */
export async function answerQuestion(
	ports: Pick<Ports, "chat" | "items">,
	userId: string,
	{
		question,
		hits,
		byMeaning = false,
		model,
		deadline,
		signal,
		onVerified,
	}: {
		question: string;
		/** Best first; weak ones are read for a question only. */
		hits: Hit[];
		/** The scores of the hits are cosine similarities. @default false */
		byMeaning?: boolean;
		/** As in `ChatRequest.model`. */
		model?: string;
		/** Gets the verified part of the answer so far, as it grows. */
		onVerified?: ((text: string) => void) | undefined;
	} & Pick<ChatRequest, "deadline" | "signal">,
): Promise<Answer> {
	// The words of a question ask for a fact more than they describe its item, so a weak hit may have it.
	const read = analyzeQuestion(question) ? hits : hits.filter(isStrong);
	const items = await quoteHits(ports, userId, read.slice(0, maxItems));
	if (items.size === 0) return unanswered(nothingFound);
	const refs = itemRefs(items.keys());
	const similar = byMeaning ? hits : [];
	try {
		const { message, stopReason, ...call } = await ports.chat.answer({
			messages: [
				{ role: "system", text: instructions },
				{ role: "user", text: questionPrompt(question, [...items.values()]) },
			],
			model,
			maxOutputTokens,
			deadline,
			signal,
			onText: onVerified && verifyGrowing(refs, items, onVerified),
		});
		const provenance = {
			model: `${call.provider}/${call.model}`,
			traceId: call.traceId,
			usage: [call.usage],
		};
		return stopReason === "refused"
			? { ...unanswered(answerRefused), ...provenance }
			: {
					...verifyCitations(message.text, { question, items, refs, similar }),
					...provenance,
				};
	} catch (error) {
		return unanswered(modelFailureReason(error));
	}
}

export const nothingFound = "Nothing in the collection was found for this question.";
export const notInCollection =
	"The items found do not answer this question: what it asks for is not in your collection.";
export const answerRefused = "The model refused to answer.";
export const answerEmpty = "The model wrote no answer.";

/** Builds the prompt of a question and the items found for it. */
export function questionPrompt(question: string, items: QuotedItem[]): string {
	return `<question>${asData(question)}</question>\n${quoteItems(items)}`;
}

/** Quotes the items of hits for a model, by item id, without those deleted or put into the trash meanwhile. */
export async function quoteHits(
	{ items }: Pick<Ports, "items">,
	userId: string,
	hits: Hit[],
	refs: ItemRefs = itemRefs(),
): Promise<Map<string, QuotedItem>> {
	const current = await items.findAll(
		userId,
		hits.map(({ itemId }) => itemId),
	);
	const byId = new Map(current.filter(({ item }) => !item.trashedAt).map((found) => [found.item.id, found]));
	return new Map(
		hits.flatMap(({ itemId }) => {
			const found = byId.get(itemId);
			const quoted = found && quotedItem(refs.refFor(itemId), found, shortQuote);
			return quoted ? [[itemId, quoted]] : [];
		}),
	);
}

/** Keeps the sentences of the model's text that the items support, and computes the confidence. */
export function verifyCitations(
	text: string,
	{
		question,
		items,
		refs,
		totals,
		similar = [],
	}: {
		question: string;
		/** The items that the model has read, by id. */
		items: Map<string, QuotedItem>;
		refs: ItemRefs;
		/** The numbers of items that lists and counts gave. @default none */
		totals?: ReadonlySet<number>;
		/** Hits whose scores are cosine similarities. @default none */
		similar?: Hit[];
	},
): Answer {
	if (!text.trim()) return unanswered(answerEmpty);
	if (text.includes(noAnswer)) {
		return unanswered(notInCollection);
	}
	const answer = removeUnsupportedSentences(text, refs, items, totals);
	if (!answer) {
		return unanswered("The model wrote an answer that no item found supports; it was dropped.");
	}
	const cited = new Set(answer.citations.map(({ itemId }) => itemId));
	const match =
		cited.size === 0
			? 1
			: questionMatch(
					question,
					[...cited].flatMap((itemId) => items.get(itemId) ?? []),
					similar.filter(({ itemId }) => cited.has(itemId)),
				);
	const kind = analyzeQuestion(question)?.kind;
	const hasFact =
		!kind || answer.counts.length > 0 || answer.citations.some(({ sentence }) => evidenceOf(kind, sentence) > 0);
	const confidence = answer.keptShare * answer.meanSupport * match * (hasFact ? 1 : withoutFact);
	return {
		...unanswered(null),
		text: answer.text,
		confidence: Math.round(confidence * 1_000) / 1_000,
		citations: answer.citations,
		counts: answer.counts,
	};
}

/** The factor of an answer to "how much" without an amount, to "when" without a date. */
const withoutFact = 0.5;

/** Measures how well the cited items match the question: by its words, or by meaning where the search measured that. */
function questionMatch(question: string, items: QuotedItem[], similar: Hit[]): number {
	const words = contentWords(question);
	const itemWords = new Set(items.flatMap((item) => [...contentWords(wholeText(item))]));
	const similarities = similar.map(({ score }) => score);
	return Math.min(1, Math.max(coverage(words, itemWords), ...similarities));
}

/** Creates the answer without a text; without a reason where no answer was requested. */
export function unanswered(reason: string | null): Answer {
	return {
		text: null,
		reason,
		confidence: null,
		citations: [],
		counts: [],
		model: null,
		traceId: null,
		usage: [],
	};
}

/** Every call would fail like this one until the environment, or the request, is changed. */
const lasting: readonly ErrorCode[] = ["model_gone", "provider_not_available", "model_not_found"];

/** Explains a model's failure to the person. @throws any other error, and a failure that a later call would have, too */
export function modelFailureReason(error: unknown): string {
	if (!(error instanceof ModelFailure) || lasting.includes(error.code)) throw error;
	// The provider's message is for the log only: it may name the account.
	return error.code === "chat_unavailable" ? "The model gave no answer: ask again in a while." : error.message;
}
