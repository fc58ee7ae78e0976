import { z } from "@hono/zod-openapi";
import { answerStream } from "../http/answer-stream.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, noQuery, requiredBody } from "../http/routing.ts";
import { sentenceSender } from "../http/sentence-sender.ts";
import { answerChat, chatRequest } from "./chat.ts";
import { answerSearch, chargeOf, searchRequest } from "./search.ts";
import { routes } from "./table.ts";

const events =
	"Server-sent events: `step` (`{text}`), `hits` (`{results}`), `sentence` (`{text, item_ids}`) after its citations were verified, while the model writes where its provider streams, `withdrawn` (`{}`) where the sentences before it are no part of the answer, then `done` with the body of the plain route, or `error` with a problem, and in `retry_after` the seconds to wait where the plain route has `Retry-After`. A request beyond its limit ends so (`rate_limited`) unless the limit is known before the first event: then it is a 429. A stream without either at its end was cut.";

const eventStream = {
	200: { description: events, content: { "text/event-stream": { schema: z.string() } } },
};

const servers = [
	{
		url: "{StreamUrl}",
		description: "The REST API of streams.",
		variables: { StreamUrl: { default: "https://example.com/v1", description: "The output `StreamUrl`." } },
	},
];

const search = guarded(
	routes.searchStream,
	{
		tags: ["Search"],
		summary: "Search, and get the answer as it comes",
		servers,
		request: { query: noQuery, body: requiredBody(searchRequest) },
		responses: eventStream,
	},
	chargeOf,
);

const chat = guarded(routes.chatStream, {
	tags: ["Chat"],
	summary: "Say something to your collection, and get the answer as it comes",
	description:
		"Lambda does not stop when a client goes: `DELETE /chat/{session_id}/turn` cancels the turn. The history is as if the message had been sent to `POST /chat`.",
	servers,
	request: { query: noQuery, body: requiredBody(chatRequest) },
	responses: eventStream,
});

/** Serves answers as they come. */
export const register: RegisterRoutes = (app, ports, { personsQuotas, maxAnswerMs: maxMs }) => {
	app.openapi(search, (c) =>
		answerStream(c, { ports, maxMs, opening: "Searching your collection." }, async ({ send, closed }) => {
			const sentences = sentenceSender(send);
			const body = await answerSearch(ports, c.get("userId"), c.req.valid("json"), {
				onStep: (text) => send("step", { text }),
				onResults: (results) => send("hits", { results }),
				onVerified: sentences.grow,
				closed,
			});
			sentences.end(body.answer ?? "");
			send("done", body);
		}),
	);

	app.openapi(chat, (c) =>
		answerStream(c, { ports, maxMs, opening: "Reading your message." }, async ({ send, closed }) => {
			const sentences = sentenceSender(send);
			const quotas = await personsQuotas(c.get("userId"), c.get("groups"), "messages");
			const { body } = await answerChat(ports, quotas, c.get("userId"), c.req.valid("json"), {
				onStep: (text) => send("step", { text }),
				onVerified: sentences.grow,
				closed,
			});
			send("hits", { results: body.search_results });
			sentences.end(body.message.content);
			send("done", body);
		}),
	);
};
