import path from "node:path";
import { z } from "zod";
import { searchText } from "#core/items/analysis.ts";
import type { EvaluationSet } from "../all/sets.ts";
import { readJson, refuse } from "../checked-file.ts";
import { hasFact } from "./facts.ts";

const questionFile = z.array(
	z.strictObject({
		ask: z.string().min(1),
		/** Each fact with the forms in which an answer may have it. No fact: the collection does not answer the question. */
		facts: z.array(z.array(z.string().min(1)).min(1)),
		/** The items that an answer may cite. */
		items: z.array(z.string()),
		/** Kept from whoever changes how answers are written. */
		held_out: z.boolean().default(false),
		/** Most of them have few words of the item. */
		other_words: z.boolean().default(false),
	}),
);

export type AskedQuestion = z.output<typeof questionFile>[number];

/** Reads a set's questions. @throws naming each whose facts are in none of its items */
export async function readQuestions(folder: string, set: EvaluationSet): Promise<AskedQuestion[]> {
	const file = path.join(folder, set.name, "answers.json");
	const questions = await readJson(file, questionFile);
	const texts = new Map(
		set.items.map(({ id, description }) => [id, Object.values(searchText(description)).join("\n")] as const),
	);
	const faults = questions.flatMap(({ ask, facts, items }) => [
		...items.filter((id) => !texts.has(id)).map((id) => `"${ask}": there is no item ${id}`),
		...facts
			.filter((forms) => !items.some((id) => hasFact(texts.get(id) ?? "", forms)))
			.map((forms) => `"${ask}": no item has ${forms.join(" or ")}`),
		...(facts.length === 0 && items.length > 0 ? [`"${ask}": names items and no fact`] : []),
	]);
	refuse(file, faults);
	return questions;
}
