import { AppError, ModelFailure } from "../errors.ts";
import type { TokenUsage } from "../items/analysis.ts";
import { type ItemRefs, itemRefs } from "../items/item-refs.ts";
import type { Hit, Ports } from "../ports/index.ts";
import { contentWords, coverage } from "../search/words.ts";
import {
	type Citation,
	removeUnsupportedSentences,
	wholeText,
} from "./cited-answer.ts";
import {
	asData,
	type QuotedItem,
	quotedItem,
	quoteItems,
	quoteRules,
	shortQuote,
} from "./quoted-items.ts";

/** A short answer, every sentence of it supported by items that were found; or why there is none. */
export interface Answer {
	text: string | null;
	/** Why there is no text, in one sentence; null where there is one, or none was asked for. */
	reason: string | null;
	/**
	 * 0 to 1: share of the written sentences that were kept x share of their words in the items they cite x how
	 * well those items match the question. Null without a text.
	 */
	confidence: number | null;
	citations: Citation[];
	/** Who wrote it, as `provider/model`; null where nobody was asked. */
	model: string | null;
	/** The provider's id of the call. */
	traceId: string | null;
	/** One entry for each call that was answered. */
	usage: TokenUsage[];
}

/** More items than this do not make a short answer better. */
const maxItems = 10;

/** A page of text at most; what a model thinks beside it included. */
const maxOutputTokens = 2_000;

/** What a model writes where the items do not answer. */
export const noAnswer = "NO_ANSWER";

export const answerRules = `Answer in at most five short sentences, in the language of the question. Take every fact from the items and from nowhere else, and keep names, numbers and quoted words as the items have them. End every sentence with the ref of each item it rests on, in brackets: "The gate is 12 [1c6a680c]." A sentence without a ref is removed. Where the items do not answer the question, write ${noAnswer} and nothing else.`;

const instructions = `You answer a person's question from what is known of the images they keep.

${answerRules}

${quoteRules}`;

/**
 * Answers a question from the items that were found for it. A model that is away, refuses or invents costs the
 * answer, never the search.
 * @throws AppError `model_gone` where the model does not exist
 */
export async function answerQuestion(
	ports: Pick<Ports, "chat" | "analyses">,
	userId: string,
	{
		question,
		hits,
		byMeaning = false,
		model,
		deadline,
	}: {
		question: string;
		/** Best first. */
		hits: Hit[];
		/** Whether the scores of the hits are cosine similarities. @default false */
		byMeaning?: boolean;
		/** As `ChatRequest.model` says. */
		model?: string;
		deadline: Date;
	},
): Promise<Answer> {
	if (hits.length === 0) return unanswered(nothingFound);
	const items = await quoteHits(ports, userId, hits.slice(0, maxItems));
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
		});
		const asked = {
			model: `${call.provider}/${call.model}`,
			traceId: call.traceId,
			usage: [call.usage],
		};
		return stopReason === "refused"
			? { ...unanswered("The model refused to answer."), ...asked }
			: {
					...verifyCitations(message.text, { question, items, refs, similar }),
					...asked,
				};
	} catch (error) {
		return unanswered(modelFailureReason(error));
	}
}

export const nothingFound =
	"Nothing in the collection was found for this question.";

/** The question and what was found for it, as every model reads them. */
export function questionPrompt(question: string, items: QuotedItem[]): string {
	return `<question>${asData(question)}</question>\n${quoteItems(items)}`;
}

/** The items of hits as a model reads them, by their ids; without those deleted meanwhile. */
export async function quoteHits(
	{ analyses }: Pick<Ports, "analyses">,
	userId: string,
	hits: Hit[],
	refs: ItemRefs = itemRefs(),
): Promise<Map<string, QuotedItem>> {
	const found = await analyses.findAll(
		userId,
		hits.map(({ analysisId }) => analysisId),
	);
	const byId = new Map(found.map((analysis) => [analysis.id, analysis]));
	return new Map(
		hits.flatMap(({ itemId, analysisId }) => {
			const analysis = byId.get(analysisId);
			if (!analysis) return [];
			return [[itemId, quotedItem(refs.refFor(itemId), analysis, shortQuote)]];
		}),
	);
}

/** What of a written answer the items support. */
export function verifyCitations(
	written: string,
	{
		question,
		items,
		refs,
		similar = [],
	}: {
		question: string;
		/** What the model was given, by id. */
		items: Map<string, QuotedItem>;
		refs: ItemRefs;
		/** Hits whose scores are cosine similarities. @default none */
		similar?: Hit[];
	},
): Answer {
	if (!written.trim()) return unanswered("The model wrote no answer.");
	if (written.includes(noAnswer)) {
		return unanswered("The items found do not answer this question.");
	}
	const answer = removeUnsupportedSentences(written, refs, items);
	if (!answer) {
		return unanswered(
			"The model wrote an answer that no item found supports; it was dropped.",
		);
	}
	const cited = new Set(answer.citations.map(({ itemId }) => itemId));
	const match = questionMatch(
		question,
		[...cited].flatMap((itemId) => items.get(itemId) ?? []),
		similar.filter(({ itemId }) => cited.has(itemId)),
	);
	const confidence = answer.keptShare * answer.meanSupport * match;
	return {
		...unanswered(null),
		text: answer.text,
		confidence: Math.round(confidence * 1_000) / 1_000,
		citations: answer.citations,
	};
}

/** How well the cited items match the question: by its words, or by meaning where the search measured that. */
function questionMatch(
	question: string,
	items: QuotedItem[],
	similar: Hit[],
): number {
	const words = contentWords(question);
	const there = new Set(
		items.flatMap((item) => [...contentWords(wholeText(item))]),
	);
	const similarities = similar.map(({ score }) => score);
	return Math.min(1, Math.max(coverage(words, there), ...similarities));
}

/** No answer; without a reason where none was asked for. */
export function unanswered(reason: string | null): Answer {
	return {
		text: null,
		reason,
		confidence: null,
		citations: [],
		model: null,
		traceId: null,
		usage: [],
	};
}

/** Why a model gave nothing, for whoever asked. @throws what is not the model's failure, or `model_gone` */
export function modelFailureReason(error: unknown): string {
	if (!(error instanceof ModelFailure)) throw error;
	if (error.code === "model_not_found") {
		throw new AppError("model_gone", error.message, { cause: error });
	}
	// The provider's own words are for the log: they may name the account.
	return error.code === "chat_unavailable"
		? "The model gave no answer: ask again in a while."
		: error.message;
}
