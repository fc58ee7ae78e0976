import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { ApiProblem, type CollectionsClient, type components } from "../../../client/index.ts";
import { failureOf } from "../failure.ts";
import { interruptible } from "../interruption.ts";
import { dim, type Output } from "../output.ts";
import { connect } from "../session-file.ts";

type ChatAnswer = components["schemas"]["ChatResponse"];

interface ChatOptions {
	session?: string;
}

/**
 * Chats with the collection: says the words that are given, else each line that is typed or piped, as one conversation.
 * Ctrl-C ends the answer that is being made, too.
 */
export async function chat(output: Output, words: string[], options: ChatOptions): Promise<void> {
	const sessionId = options.session ?? randomUUID();
	const isTyped = words.length === 0 && Boolean(process.stdin.isTTY);
	let isAnswering = false;
	const work = async (signal: AbortSignal) => {
		const client = connect({ signal });
		const messages = words.length > 0 ? [words.join(" ")] : linesOf(output, { isTyped, signal });
		for await (const message of messages) {
			isAnswering = true;
			try {
				const answer = await turn(client, output, { message, session_id: sessionId });
				output.result(answer, linesOfAnswer(answer));
			} catch (error) {
				// What is typed next may be answered.
				if (!isTyped || !(error instanceof ApiProblem) || error.status === 401) throw error;
				output.note(error.message);
			} finally {
				isAnswering = signal.aborted;
			}
		}
		signal.throwIfAborted();
	};
	try {
		await interruptible(work, () => `The chat ended. collections chat --session ${sessionId} goes on.`);
	} finally {
		output.clearProgress();
		if (isAnswering) await cancelTurn(output, sessionId);
	}
	if (isTyped) output.note(`collections chat --session ${sessionId} goes on.`);
}

/** Yields what a person types until an empty line, or every line of a pipe. */
async function* linesOf(
	output: Output,
	{ isTyped, signal }: { isTyped: boolean; signal: AbortSignal },
): AsyncGenerator<string> {
	const prompt = () => isTyped && !output.quiet && process.stderr.write("> ");
	if (isTyped) output.note("An empty line ends the chat.");
	prompt();
	for await (const line of createInterface({ input: process.stdin, signal })) {
		const message = line.trim();
		if (!message && isTyped) return;
		if (message) yield message;
		prompt();
	}
}

/** Has a message answered, and shows each step as it comes where the environment streams. */
async function turn(
	client: CollectionsClient,
	output: Output,
	request: { message: string; session_id: string },
): Promise<ChatAnswer> {
	if (!client.streamUrl) {
		output.progress("answering ...");
		const { data } = await client.api.POST("/chat", { body: request });
		output.clearProgress();
		return data as ChatAnswer;
	}
	for await (const { event, data } of client.streamChat(request)) {
		if (event === "step") output.progress(data.text);
		if (event !== "done") continue;
		output.clearProgress();
		return data;
	}
	throw new Error("The answer ended without its end.");
}

/** Numbers the cited items: their ids are long. */
function linesOfAnswer({ message, search_results: items }: ChatAnswer): string[] {
	let text = message.content;
	for (const [at, { item_id }] of items.entries()) text = text.replaceAll(item_id, `${at + 1}`);
	return [text, ...items.map(({ headline, item_id }, at) => dim(`  [${at + 1}] ${headline} (${item_id})`))];
}

/** Ends the answer on the service's side, where it may have ended by itself. */
async function cancelTurn(output: Output, sessionId: string): Promise<void> {
	try {
		await connect({ signal: AbortSignal.timeout(5_000) }).cancelTurn(sessionId);
	} catch (error) {
		output.note(`The service may still be answering: ${failureOf(error).message}`);
	}
}
