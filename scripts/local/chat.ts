// make chat: chats with a collection in the terminal and shows each step of a turn while it runs.
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { ApiProblem, CollectionsClient } from "#client/index.ts";
import { beforeDeadline } from "#core/before-deadline.ts";
import { main } from "#deployment/progress.ts";
import { demoUsers } from "#tools/local/local-environment.ts";
import { signedIn } from "../users/sign-in.ts";

interface ChatResponse {
	message: { content: string };
	search_results: { item_id: string; headline: string }[];
	agent_reasoning: string[];
	response_time_ms: number;
}

interface History {
	message_count: number;
	in_progress: { steps: string[]; doing: string } | null;
}

const pollMs = 400;
const dim = (text: string) => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text);

await main(async () => {
	const environment = process.env.ENV || "local";
	const email = process.env.EMAIL || demoUsers[0];
	const { outputs, session } = await signedIn(environment, email);
	const api = new CollectionsClient({ apiUrl: outputs.ApiUrl, session });
	const sessionId = process.env.SESSION || randomUUID();
	const path = `/chat/${encodeURIComponent(sessionId)}`;
	const before = await historyOf(api, path);
	console.log(
		dim(
			`${email}, session ${sessionId}${before ? `, ${before.message_count} messages so far` : ""}. An empty line ends.`,
		),
	);
	const lines = createInterface({ input: process.stdin });
	process.stdout.write("> ");
	for await (const line of lines) {
		const message = line.trim();
		if (!message) break;
		try {
			await turn(api, path, { message, session_id: sessionId });
		} catch (error) {
			if (!(error instanceof ApiProblem)) throw error;
			console.log(error.message); // the session continues
		}
		process.stdout.write("> ");
	}
});

/** Sends one message, prints each step as the session's history reports it, then the answer. */
async function turn(
	api: CollectionsClient,
	path: string,
	body: { message: string; session_id: string },
): Promise<void> {
	let isOver = false;
	const response = api.call<ChatResponse>("POST", "/chat", body).finally(() => (isOver = true));
	const ended = response.catch(() => {}); // the response itself is awaited below
	const shown: string[] = [];
	const show = (steps: string[]) => {
		for (const step of steps.slice(shown.length)) {
			shown.push(step);
			console.log(dim(`  ${step}`));
		}
	};
	while (!isOver) {
		await beforeDeadline(new Date(Date.now() + pollMs), ended);
		if (isOver) break;
		const progress = (await historyOf(api, path))?.in_progress;
		replaceLine("");
		if (progress) show(progress.steps);
		if (!isOver) replaceLine(`  ${progress?.doing ?? "answering"} ...`);
	}
	replaceLine("");
	const answer = await response;
	show(answer.agent_reasoning);
	const { search_results: items } = answer;
	let text = answer.message.content;
	for (const [index, { item_id }] of items.entries()) {
		text = text.replaceAll(item_id, `${index + 1}`);
	}
	console.log(text);
	for (const [index, { headline, item_id }] of items.entries()) {
		console.log(dim(`  [${index + 1}] ${headline} (${item_id})`));
	}
}

/** Replaces the terminal's last line by the current step; a pipe gets only finished steps. */
function replaceLine(text: string): void {
	if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${dim(text)}`);
}

/** Returns null before the session's first message, when it does not exist. */
async function historyOf(api: CollectionsClient, path: string): Promise<History | null> {
	try {
		return await api.call<History>("GET", `${path}/history?limit=1`);
	} catch (error) {
		if (error instanceof ApiProblem && error.status === 404) return null;
		throw error;
	}
}
