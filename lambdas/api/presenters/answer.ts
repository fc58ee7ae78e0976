import { z } from "@hono/zod-openapi";
import type { Answer } from "#core/chat/answer-question.ts";
import type { TextBox } from "#core/items/analysis.ts";
import { boxSchema, presentBox } from "./placed-line.ts";
import { presentTokenUsage, tokenUsageSchema } from "./token-usage.ts";

const citation = z
	.object({
		item_id: z.uuid(),
		sentence: z.string().openapi({ description: "A sentence of the answer, without its citations." }),
		snippet: z.string().openapi({ description: "The passage of the item that has most of its words." }),
		box: z.union([boxSchema, z.null()]).openapi({
			description:
				"Where the picture has the line that the snippet is; null where the snippet is no line with a place.",
		}),
	})
	.openapi("Citation");

/** The fields of an answer in a response. */
export const answerFields = {
	answer: z.string().nullable().openapi({
		description:
			"Every sentence ends with the ids of the items it rests on, in brackets. Sentences that no item found supports are left out.",
	}),
	answer_reason: z.string().nullable().openapi({ description: "The reason why a requested answer is missing." }),
	answer_confidence: z.number().min(0).max(1).nullable().openapi({
		description:
			"Share of the sentences that were kept x share of their words in the items they cite x how well these match the query.",
	}),
	answer_model_used: z
		.string()
		.nullable()
		.openapi({ description: "`provider/model`; null where no model was called." }),
	answer_trace_id: z.string().nullable().openapi({ description: "The provider's id of the last model call." }),
	answer_usage: z.array(tokenUsageSchema).openapi({ description: "Every answered model call." }),
	citations: z.array(citation),
};

/** Converts an answer to its fields in a response. @param boxes of its citations, in their order */
export function presentAnswer(answer: Answer, boxes: (TextBox | null)[]) {
	return {
		answer: answer.text,
		answer_reason: answer.reason,
		answer_confidence: answer.confidence,
		answer_model_used: answer.model,
		answer_trace_id: answer.traceId,
		answer_usage: answer.usage.map(presentTokenUsage),
		citations: answer.citations.map(({ itemId, sentence, snippet }, at) => {
			const box = boxes[at];
			return { item_id: itemId, sentence, snippet, box: box ? presentBox(box) : null };
		}),
	};
}
