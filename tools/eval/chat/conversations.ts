import path from "node:path";
import { z } from "zod";
import type { EvaluationSet } from "../all/sets.ts";
import { readJson, refuse } from "../checked-file.ts";

const turn = z.strictObject({
	say: z.string().min(1),
	/** Each fact with the forms in which a reply may have it. */
	facts: z.array(z.array(z.string().min(1)).min(1)).default([]),
	/** The items that the reply may cite; it cites at least one of them. */
	items: z.array(z.string()).default([]),
	/** The reply cites each of the items. */
	all: z.boolean().default(false),
	/** A reply that cites nothing: a courtesy or a word that this is no subject, both without a search, or that nothing is there. */
	says: z.enum(["courtesy", "off_topic", "nothing"]).optional(),
	/** Tools that the turn uses. */
	tools: z.array(z.string()).default([]),
	/** The calls of an able model, name and input. @default a search for `search`, or for the message */
	calls: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])).optional(),
	search: z.string().optional(),
});
const file = z.array(z.strictObject({ name: z.string().min(1), turns: z.array(turn).min(3).max(5) }));

export type ExpectedTurn = z.output<typeof turn>;
export interface ExpectedConversation {
	set: EvaluationSet;
	name: string;
	turns: ExpectedTurn[];
}

/** Reads a set's conversations. @throws naming each turn that expects an item that is not in the set, or nothing */
export async function readConversations(folder: string, set: EvaluationSet): Promise<ExpectedConversation[]> {
	const name = path.join(folder, set.name, "conversations.json");
	const conversations = await readJson(name, file);
	const known = new Set(set.items.map(({ id }) => id));
	refuse(
		name,
		conversations.flatMap((conversation) =>
			conversation.turns.flatMap(({ say, items, facts, says }) => [
				...items.filter((id) => !known.has(id)).map((id) => `"${say}": there is no item ${id}`),
				...(items.length + facts.length === 0 && !says ? [`"${say}": expects nothing`] : []),
			]),
		),
	);
	return conversations.map(({ name, turns }) => ({ set, name, turns }));
}
