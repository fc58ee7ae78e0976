// make eval-answers: asks the questions of the datasets, and compares the answers with facts.
import { offlineChat } from "#ai/offline/chat.ts";
import { isWord } from "#ai/offline/word-vectors.ts";
import { answerQuestion } from "#core/chat/answer-question.ts";
import type { Chat } from "#core/ports/index.ts";
import { searchItems } from "#core/search/search-items.ts";
import { type Demand, minDemand } from "#deployment/demands.ts";
import { main, step } from "#deployment/progress.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { environmentEmbedder } from "../all/embedder.ts";
import { fill, userOf } from "../all/fill.ts";
import { readSets } from "../all/sets.ts";
import { conclude } from "../conclude.ts";
import { onTemporaryDatabase } from "../on-temporary-database.ts";
import { faultsOf } from "./faults.ts";
import { obedientChat } from "./obedient-chat.ts";
import { type AskedQuestion, readQuestions } from "./questions.ts";

const folder = "test/eval";
const names = process.env.SETS ? process.env.SETS.split(",") : ["receipts", "work", "hobby"];
const answerMs = 20_000;

/** Of the questions that the collection answers, and of those it does not. */
const minRight = 22 / 25;
const minHonest = 0.9;

/** The known questions, those kept from whoever changes how answers are written, and those in other words than the items'. */
const groups = ["known", "held out", "other words"] as const;
type Group = (typeof groups)[number];

interface AnswerResult {
	set: string;
	model: string;
	question: AskedQuestion;
	answer: string | null;
	reason: string | null;
	confidence: number | null;
	faults: string[];
}

const models: Record<string, (question: AskedQuestion) => Chat> = {
	offline: () => offlineChat(),
	obedient: obedientChat,
};

await main(async () => {
	const results = await onTemporaryDatabase(({ application }) => ask(application));
	for (const { set, model, question, answer, faults } of results.filter(({ faults }) => faults.length > 0)) {
		if (question.held_out && process.env.SHOW_HELD_OUT !== "1") continue;
		console.log(`${set}, ${model}: ${question.ask}\n  ${faults.join("; ")}\n  ${answer ?? "no answer"}`);
	}
	await conclude("answers", summaries(results), demandsOn(results), { answers: results });
});
process.exit();

async function ask(db: Database): Promise<AnswerResult[]> {
	const embedder = await environmentEmbedder();
	const ports = {
		...postgresPorts(db),
		search: postgresSearch(db, { parameters: searchParameters, isWord }),
		embedder,
	};
	const { sets } = await readSets({ shared: "../shared", own: folder }, names, step);
	const results: AnswerResult[] = [];
	for (const set of sets) {
		const questions = await readQuestions(folder, set);
		const ids = await step(`${set.name}: ${set.items.length} items`, (progress) => fill(ports, set, progress));
		await step(`${set.name}: ${questions.length} questions`, async (progress) => {
			for (const [at, question] of questions.entries()) {
				const { hits } = await searchItems(ports, userOf(set), {
					query: question.ask,
					searchType: "hybrid",
					topK: 10,
				});
				for (const [model, chatFor] of Object.entries(models)) {
					const answer = await answerQuestion({ ...ports, chat: chatFor(question) }, userOf(set), {
						question: question.ask,
						hits,
						deadline: new Date(Date.now() + answerMs),
					});
					const faults = faultsOf(question, answer, (id) => ids.get(id) ?? id);
					const { text, reason, confidence } = answer;
					results.push({ set: set.name, model, question, answer: text, reason, confidence, faults });
				}
				progress(at + 1, questions.length);
			}
		});
	}
	return results;
}

function isRight({ faults }: AnswerResult): boolean {
	return faults.length === 0;
}

function isAnswerable({ question }: AnswerResult): boolean {
	return question.facts.length > 0;
}

function groupOf({ question }: AnswerResult): Group {
	if (question.held_out) return "held out";
	return question.other_words ? "other words" : "known";
}

function summaries(results: AnswerResult[]): Record<string, string>[] {
	const share = (some: AnswerResult[]) => `${some.filter(isRight).length} of ${some.length}`;
	return [...new Set(results.map(({ set }) => set))].flatMap((set) =>
		Object.keys(models).flatMap((model) =>
			groups.map((group) => {
				const asked = results.filter((each) => each.set === set && each.model === model && groupOf(each) === group);
				return {
					set,
					model,
					questions: group,
					right: share(asked.filter(isAnswerable)),
					honest: share(asked.filter((each) => !isAnswerable(each))),
				};
			}),
		),
	);
}

/**
 * Demands the shares of each set's known questions, and of the other groups of all sets together, of which a set has few.
 * The known ones were looked at while answering was written, so the others tell more. What is asked in other words takes a
 * model: offline it need only be honest.
 */
function demandsOn(results: AnswerResult[]): Demand[] {
	const share = (some: AnswerResult[]) => some.filter(isRight).length / some.length;
	const right = (name: string, asked: AnswerResult[]) =>
		minDemand(`${name}: right`, share(asked.filter(isAnswerable)), minRight);
	const honest = (name: string, asked: AnswerResult[]) =>
		minDemand(`${name}: honest`, share(asked.filter((each) => !isAnswerable(each))), minHonest);
	const sets = [...new Set(results.map(({ set }) => set))];
	return Object.keys(models).flatMap((model) => {
		const askedOf = (group: Group, set?: string) =>
			results.filter((each) => each.model === model && groupOf(each) === group && (!set || each.set === set));
		const known = sets.map((set) => ({ name: `${set}, ${model}`, asked: askedOf("known", set) }));
		const heldOut = { name: `held out, ${model}`, asked: askedOf("held out") };
		const otherWords = { name: `other words, ${model}`, asked: askedOf("other words") };
		return [
			...[...known, heldOut].flatMap(({ name, asked }) => [right(name, asked), honest(name, asked)]),
			...(model === "offline" ? [] : [right(otherWords.name, otherWords.asked)]),
			honest(otherWords.name, otherWords.asked),
		];
	});
}
