// make eval-answers: asks the questions of the datasets, and compares the answers with facts.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { offlineChat } from "#ai/offline/chat.ts";
import { isWord } from "#ai/offline/word-vectors.ts";
import { atLeast, type Demand, printDemands } from "#cli/demands.ts";
import { main, step } from "#cli/progress.ts";
import { printTable } from "#cli/table.ts";
import { answerQuestion } from "#core/chat/answer-question.ts";
import type { Chat } from "#core/ports/index.ts";
import { searchItems } from "#core/search/search-items.ts";
import { gitSha } from "#lib/git-sha.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { temporaryDatabase } from "#scripts/local/temporary-database.ts";
import { environmentEmbedder } from "../all/embedder.ts";
import { fill, userOf } from "../all/fill.ts";
import { readSets } from "../all/sets.ts";
import { faultsOf } from "./judge.ts";
import { obedientChat } from "./obedient-chat.ts";
import { type AskedQuestion, readQuestions } from "./questions.ts";

const folder = "test/eval";
const names = process.env.SETS ? process.env.SETS.split(",") : ["receipts", "work", "hobby"];
const file = "reports/eval-answers.json";
const answerMs = 20_000;

/** Of the questions that the collection answers, and of those it does not. */
const minRight = 22 / 25;
const minHonest = 0.9;

interface Judged {
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
	const directory = await mkdtemp(path.join(tmpdir(), "collections-eval-answers-"));
	const database = await temporaryDatabase(directory, process.env.DATABASE_URL || null);
	let judged: Judged[];
	try {
		judged = await ask(database.application);
	} finally {
		await database.drop();
		await rm(directory, { recursive: true, force: true });
	}
	const rows = summaries(judged);
	for (const { set, model, question, answer, faults } of judged.filter(({ faults }) => faults.length > 0)) {
		if (question.held_out && process.env.SHOW_HELD_OUT !== "1") continue;
		console.log(`${set}, ${model}: ${question.ask}\n  ${faults.join("; ")}\n  ${answer ?? "no answer"}`);
	}
	printTable(rows);
	const demands = demandsOn(rows);
	printDemands(demands);
	await mkdir(path.dirname(file), { recursive: true });
	const report = { finished_at: new Date().toISOString(), git_sha: gitSha(), demands, rows, answers: judged };
	await writeFile(file, `${JSON.stringify(report, null, "\t")}\n`);
	console.log(`\n${file}`);
	const failed = demands.filter(({ holds }) => !holds).length;
	if (failed > 0) throw new Error(`${failed} of ${demands.length} demands do not hold.`);
});
process.exit();

async function ask(db: Parameters<typeof postgresPorts>[0]): Promise<Judged[]> {
	const embedder = await environmentEmbedder();
	const ports = {
		...postgresPorts(db),
		search: postgresSearch(db, { parameters: searchParameters, isWord }),
		embedder,
	};
	const { sets } = await readSets({ shared: "../shared", own: folder }, names, step);
	const judged: Judged[] = [];
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
					judged.push({ set: set.name, model, question, answer: text, reason, confidence, faults });
				}
				progress(at + 1, questions.length);
			}
		});
	}
	return judged;
}

interface Summary {
	set: string;
	model: string;
	questions: string;
	right: string;
	honest: string;
}

function summaries(judged: Judged[]): (Summary & Record<string, string>)[] {
	const share = (some: Judged[]) => `${some.filter(({ faults }) => faults.length === 0).length} of ${some.length}`;
	return [...new Set(judged.map(({ set }) => set))].flatMap((set) =>
		Object.keys(models).flatMap((model) =>
			[false, true].map((isHeldOut) => {
				const asked = judged.filter(
					(each) => each.set === set && each.model === model && each.question.held_out === isHeldOut,
				);
				return {
					set,
					model,
					questions: isHeldOut ? "held out" : "known",
					right: share(asked.filter(({ question }) => question.facts.length > 0)),
					honest: share(asked.filter(({ question }) => question.facts.length === 0)),
				};
			}),
		),
	);
}

function demandsOn(rows: Summary[]): Demand[] {
	const shareOf = (share: string) => {
		const [right = 0, all = 0] = share.split(" of ").map(Number);
		return right / all;
	};
	return rows
		.filter(({ questions }) => questions === "known")
		.flatMap(({ set, model, right, honest }) => [
			atLeast(`${set}, ${model}: right`, shareOf(right), minRight),
			atLeast(`${set}, ${model}: honest`, shareOf(honest), minHonest),
		]);
}
