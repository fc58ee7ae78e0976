import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { offlineEmbedder } from "#ai/offline/embedder.ts";
import { readQuotedItems } from "#core/chat/quoted-items.ts";
import { anthropicChatWire } from "#tools/provider-stubs/chat-wire.ts";
import { anthropicWire, description, openaiWire, voyageWire } from "#tools/provider-stubs/wire.ts";

/** Makes the model call a search with a very long query: tool calls, unlike text, are never shortened. */
export const longRequest = "Tell me at length";

/** Makes the model search, and cite what it finds. */
export const findRequest = "Find my pictures";

/** Makes the model refuse the key. */
export const refusedRequest = "Whose key is this?";

/** Makes the model think for a second. */
export const slowRequest = "Think about it";

/** Serves every provider on one loopback port. @param requestedPaths collects the path of each request */
export async function startProviderStub(requestedPaths: string[]) {
	const embedder = offlineEmbedder();
	const server = createServer(async (request, answer) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const url = request.url ?? "";
		requestedPaths.push(url);
		const sent = Buffer.concat(chunks);
		const { status = 200, body } = (await answerTo(url, sent)) as { status?: number; body: unknown };
		answer.writeHead(status, { "content-type": "application/json" });
		answer.end(JSON.stringify(body));
	});
	const answerTo = async (url: string, bytes: Buffer) => {
		if (url.startsWith("/langsmith")) return { body: {} };
		const body = JSON.parse(bytes.toString());
		if (url.startsWith("/voyage")) {
			const texts = [body.input].flat();
			const { vectors } = await embedder.embed(texts, "document", {
				deadline: new Date(),
			});
			return voyageWire.answer(vectors.map((vector) => Array.from(vector)));
		}
		const text = JSON.stringify(description);
		if (url.startsWith("/openai")) return openaiWire.answer(text);
		const last = JSON.stringify(body.messages.at(-1));
		if (last.includes(refusedRequest)) return anthropicWire.error(401, "invalid x-api-key");
		if (last.includes(slowRequest)) await sleep(1_000);
		if (last.includes(longRequest) && !last.includes("tool_result")) {
			// Random bytes do not compress, so they exceed an item's size.
			const query = randomBytes(400_000).toString("base64");
			return anthropicChatWire.reply({
				toolCalls: [{ id: "toolu_1", name: "search_collection", input: { query } }],
			});
		}
		if (last.includes(findRequest)) {
			const input = { query: description.headline };
			return anthropicChatWire.reply({ toolCalls: [{ id: "toolu_2", name: "search_collection", input }] });
		}
		if (JSON.stringify(body.messages).includes(findRequest)) {
			const [result = ""] = anthropicChatWire.resultsIn(body);
			const sentences = readQuotedItems(result).map(({ ref, headline }) => `${headline} [${ref}].`);
			return anthropicChatWire.reply({ text: sentences.join("\n") });
		}
		return anthropicWire.answer(text);
	};
	await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close() {
			server.close();
			server.closeAllConnections();
		},
	};
}
