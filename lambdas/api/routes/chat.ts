import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { chatTurn } from "#core/chat/chat-turn.ts";
import { pendingToolCalls } from "#core/chat/conversation.ts";
import { itemsIn, redactUnlisted } from "#core/chat/redact.ts";
import { activityOf, describeToolCall } from "#core/chat/turn-activity.ts";
import { sessionNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { countUse } from "#core/limits/count-use.ts";
import type { UseQuotas } from "#core/limits/quotas.ts";
import {
	type ChatSession,
	maxHistoryMessages,
	maxTitleLength,
	type Ports,
	type SessionMessage,
} from "#core/ports/index.ts";
import { busy, modelGone, problem, providerOff } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { presentHit, searchResult } from "../presenters/hit.ts";
import { routes } from "./table.ts";

/**
 * A session id, chosen by the client. It has no `#`, which separates the parts of a table key, and is not `.` or `..`:
 * clients remove these from a path, so nobody could read or delete such a session.
 */
const sessionId = z
	.string()
	.regex(/^(?!\.{1,2}$)[\w.:@~-]{1,128}$/, {
		error: "Must be 1 to 128 letters, digits or . _ : @ ~ -, not . or .. alone",
	})
	.openapi({ example: "holiday-plans" });

export const chatRequest = z
	.strictObject({
		message: text(4_000).trim().min(1, { error: "Must not be empty" }),
		session_id: sessionId.nullish().openapi({
			description: "An id that you choose; a new one begins a conversation. Without one the API chooses it.",
		}),
		top_k: z
			.int()
			.min(1)
			.max(50)
			.nullish()
			.openapi({ description: "The maximum of items that one search returns. 10 by default." }),
		category_filter: text(100).nullish(),
		min_similarity_score: z.number().min(-1).max(1).nullish(),
	})
	.openapi("ChatRequest");

const shownItem = searchResult
	.extend({
		deleted: z
			.literal(true)
			.optional()
			.openapi({ description: "The item was deleted since: its texts are empty here, and gone." }),
	})
	.openapi("ShownItem");

const message = z
	.object({
		role: z.enum(["user", "assistant"]),
		content: z.string().openapi({
			description:
				"Sentences about items end with the ids of those they rest on, in brackets. Those about an item that was deleted since are removed, and the last sentence says so.",
		}),
		timestamp: z.iso.datetime(),
		search_results: z.array(shownItem),
		tools_used: z.array(z.string()),
		trace_id: z
			.string()
			.nullable()
			.openapi({ description: "The provider's id of the last model call of an answer; null for a question." }),
	})
	.openapi("ChatMessage");

const chatResponse = z
	.object({
		session_id: z.string(),
		message,
		conversation_turn: z.int().positive(),
		search_results: z.array(shownItem).openapi({ description: "The items that the answer cites, in its order." }),
		agent_reasoning: z.array(z.string()),
		tools_used: z.array(z.string()),
		trace_id: z.string().nullable().openapi({ description: "The provider's id of the last model call." }),
		response_time_ms: z.number(),
	})
	.openapi("ChatResponse");

const session = z
	.object({
		session_id: z.string(),
		title: z
			.string()
			.nullable()
			.openapi({ description: "The name that you gave it, else the beginning of its first question." }),
		created_at: z.iso.datetime(),
		last_activity: z.iso.datetime(),
		message_count: z.int(),
	})
	.openapi("ChatSession");

const history = session
	.extend({
		messages: z.array(message),
		next_cursor: z
			.string()
			.nullable()
			.openapi({ description: "For the page with the messages before these; null where there are none." }),
		in_progress: z
			.object({
				conversation_turn: z.int(),
				steps: z.array(z.string()),
				doing: z.enum(["searching", "reading", "answering"]),
			})
			.nullable()
			.openapi({
				description: "The steps of the turn that is under way, and its present activity; null where none is.",
			}),
	})
	.openapi("ChatHistory");

const sessionParams = z.object({ session_id: z.string().openapi({ example: "holiday-plans" }) });

const post = guarded(routes.chat, {
	tags: ["Chat"],
	summary: "Say something to your collection",
	description:
		"Answers within 26 seconds, from items it searches for: at most six calls of a model and eight of tools; where one runs out, the answer is the best found and says so. A session takes one message at a time. A message that was not answered can be sent again: what was done for it is not done twice.",
	request: { query: noQuery, body: requiredBody(chatRequest) },
	responses: {
		200: json("The answer.", chatResponse),
		404: problem("The session was deleted while it was answering."),
		409: busy("The session is still answering another message."),
		501: providerOff,
		502: modelGone,
	},
});

const list = guarded(routes.listSessions, {
	tags: ["Chat"],
	summary: "Your conversations, the last used first",
	request: { query: z.strictObject({ limit: wholeNumber(1, 100, 50) }) },
	responses: {
		200: json(
			"The sessions of the last four hours.",
			z
				.object({
					sessions: z.array(session),
					stats: z.object({
						total_sessions: z.int().openapi({ description: "The number of sessions, listed here or not." }),
						total_messages: z.int().openapi({ description: "The number of messages in all sessions." }),
					}),
				})
				.openapi("ChatSessions"),
		),
	},
});

const read = guarded(routes.getHistory, {
	tags: ["Chat"],
	summary: "The messages of a conversation, page by page",
	description:
		"The first page has the newest messages, and `next_cursor` leads to those before them. A page has fewer than `limit` where they are long.",
	request: {
		params: sessionParams,
		query: z.strictObject({
			limit: wholeNumber(1, 200, maxHistoryMessages),
			cursor: text(200)
				.optional()
				.openapi({ description: "The `next_cursor` of the page that these messages come before." }),
		}),
	},
	responses: { 200: json("A page of messages, oldest first.", history) },
});

const deletion = (route: typeof routes.deleteChat | typeof routes.deleteSession) =>
	guarded(route, {
		tags: ["Chat"],
		summary: "Forget a conversation",
		request: { params: sessionParams, query: noQuery },
		responses: {
			200: json("It is gone.", z.object({ status: z.literal("deleted"), session_id: z.string() })),
		},
	});

const rename = guarded(routes.renameSession, {
	tags: ["Chat"],
	summary: "Give a conversation a title",
	request: {
		params: sessionParams,
		query: noQuery,
		body: requiredBody(
			z
				.strictObject({ title: text(maxTitleLength).trim().min(1, { error: "Must not be empty" }) })
				.openapi("ChatSessionChange"),
		),
	},
	responses: { 200: json("The conversation with its new title.", session) },
});

const cancel = guarded(routes.cancelTurn, {
	tags: ["Chat"],
	summary: "Cancel the answer that a conversation is making",
	description:
		"The turn under way ends within 2 seconds without an answer, and its message can be sent again. Its stream ends with the error `turn_canceled`.",
	request: { params: sessionParams, query: noQuery },
	responses: {
		200: json(
			"`canceled`, or `idle` where no turn was under way.",
			z.object({ status: z.enum(["canceled", "idle"]), session_id: z.string() }),
		),
	},
});

/** Measured from the request's beginning; the answer is stored by then. */
const answeredAfterMs = 25_000;
/** Limits the statistics. With the default of 30 expensive requests a minute a user begins 7,230 sessions in four hours. */
const maxCounted = 25_000;

type ChatPorts = Parameters<typeof chatTurn>[0] & Pick<Ports, "sessions" | "turns" | "objects" | "quotaCounts">;

/** Serves conversations. */
export const register: RegisterRoutes = (app, ports, { personsQuotas }) => {
	app.openapi(post, async (c) => {
		const quotas = await personsQuotas(c.get("userId"), c.get("groups"), "messages");
		const { body, itemsInText } = await answerChat(ports, quotas, c.get("userId"), c.req.valid("json"));
		c.set("itemsInText", itemsInText);
		return c.json(body, 200);
	});

	app.openapi(cancel, async (c) => {
		const id = knownId(c.req.valid("param").session_id);
		const isCanceled = await ports.sessions.cancelTurn(c.get("userId"), id);
		if (isCanceled === null) throw sessionNotFound(id);
		return c.json({ status: isCanceled ? ("canceled" as const) : ("idle" as const), session_id: id }, 200);
	});

	app.openapi(list, async (c) => {
		const { limit } = c.req.valid("query");
		const all = await ports.sessions.list(c.get("userId"), maxCounted);
		return c.json(
			{
				sessions: all.slice(0, limit).map(presentSession),
				stats: {
					total_sessions: all.length,
					total_messages: all.reduce((sum, { messageCount }) => sum + messageCount, 0),
				},
			},
			200,
		);
	});

	app.openapi(read, async (c) => {
		const userId = c.get("userId");
		const id = knownId(c.req.valid("param").session_id);
		const found = await ports.sessions.history(userId, id, c.req.valid("query"));
		if (!found) throw sessionNotFound(id);
		return c.json(
			{
				...presentSession(found.session),
				messages: await Promise.all(
					(await redactUnlisted(ports, userId, found.messages)).map((each) => presentMessage(ports, userId, each)),
				),
				next_cursor: found.nextCursor,
				in_progress: found.isBusy ? await inProgress(userId, id) : null,
			},
			200,
		);
	});

	app.openapi(rename, async (c) => {
		const id = knownId(c.req.valid("param").session_id);
		const renamed = await ports.sessions.rename(c.get("userId"), id, c.req.valid("json").title);
		if (!renamed) throw sessionNotFound(id);
		return c.json(presentSession(renamed), 200);
	});

	for (const route of [routes.deleteChat, routes.deleteSession]) {
		app.openapi(deletion(route), async (c) => {
			const id = knownId(c.req.valid("param").session_id);
			if (!(await ports.sessions.delete(c.get("userId"), id))) {
				throw sessionNotFound(id);
			}
			return c.json({ status: "deleted" as const, session_id: id }, 200);
		});
	}

	/** Returns the committed steps of the running turn, and the tools it runs now. */
	async function inProgress(userId: string, id: string) {
		const now = await ports.turns.conversation(userId, id);
		if (!now || now.turn.answer) return null;
		return {
			conversation_turn: now.turn.number,
			steps: [...now.turn.reasoning, ...pendingToolCalls(now).map(describeToolCall)],
			doing: activityOf(now),
		};
	}
};

/** Says something to a person's collection. @param progress gets the steps as they come, and says when nobody waits */
export async function answerChat(
	ports: ChatPorts,
	quotas: UseQuotas,
	userId: string,
	request: z.output<typeof chatRequest>,
	progress?: { onStep(text: string): void; onVerified(text: string): void; closed: AbortSignal },
): Promise<{ body: z.output<typeof chatResponse>; itemsInText: string[] }> {
	const started = performance.now();
	const session_id = request.session_id ?? randomUUID();
	const turn = {
		sessionId: session_id,
		question: request.message,
		limits: {
			topK: request.top_k ?? 10,
			category: request.category_filter || undefined,
			minSimilarity: request.min_similarity_score ?? undefined,
		},
		deadline: new Date(Date.now() + answeredAfterMs),
		...progress,
	};
	const { answer, reasoning, number } = await countUse(ports, quotas, userId, "messages", () =>
		chatTurn(ports, userId, turn),
	);
	const presented = await presentMessage(ports, userId, answer);
	return {
		body: {
			session_id,
			message: presented,
			conversation_turn: number,
			search_results: presented.search_results,
			agent_reasoning: reasoning,
			tools_used: answer.toolsUsed,
			trace_id: answer.traceId,
			response_time_ms: Math.round(performance.now() - started),
		},
		itemsInText: itemsIn(answer),
	};
}

/** Refuses an id that no client may choose: it names no session. */
function knownId(value: string): string {
	if (sessionId.safeParse(value).success) return value;
	throw sessionNotFound(value.slice(0, 128));
}

function presentSession(chatSession: ChatSession): z.infer<typeof session> {
	return {
		session_id: chatSession.sessionId,
		title: chatSession.title,
		created_at: chatSession.createdAt.toISOString(),
		last_activity: chatSession.lastActivity.toISOString(),
		message_count: chatSession.messageCount,
	};
}

async function presentMessage(
	ports: Pick<Ports, "objects">,
	userId: string,
	sessionMessage: SessionMessage,
): Promise<z.infer<typeof message>> {
	return {
		role: sessionMessage.role,
		content: sessionMessage.text,
		timestamp: sessionMessage.at.toISOString(),
		search_results: await Promise.all(
			sessionMessage.items.map(async (item, at) => ({
				...(await presentHit(ports, userId, item, at + 1, "hybrid")),
				...(item.deleted && { deleted: true as const }),
			})),
		),
		tools_used: sessionMessage.toolsUsed,
		trace_id: sessionMessage.traceId,
	};
}
