import { chatFor } from "#ai/chat.ts";
import { embedderFor } from "#ai/embedder.ts";
import { s3Objects } from "#aws/objects.ts";
import { once } from "#core/once.ts";
import { crashable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { lazily } from "#lambda-kit/lazy-port.ts";
import { accessTo, providerSettings } from "#lambda-kit/provider-settings.ts";
import type { ApiPorts } from "./app.ts";
import type { apiEnv } from "./env.ts";

/** The real adapters. Driver and SDKs are loaded by the first call that needs them. */
export async function connect(env: Env<typeof apiEnv>): Promise<ApiPorts> {
	const database = once(async () => {
		const [{ databaseOf }, { postgresPorts }] = await Promise.all([
			import("#lambda-kit/connect-database.ts"),
			import("#postgres/ports.ts"),
		]);
		return postgresPorts(databaseOf(env));
	});
	const conversations = once(async () => {
		const { conversationsIn } = await import("./connect-conversations.ts");
		return conversationsIn(env);
	});
	return crashable({
		items: lazily(async () => (await database()).items),
		requests: lazily(async () => (await database()).requests),
		outbox: lazily(async () => (await database()).outbox),
		analyses: lazily(async () => (await database()).analyses),
		search: lazily(async () => (await database()).search),
		searchSettings: lazily(async () => (await database()).searchSettings),
		similar: lazily(async () => (await database()).similar),
		vectorIndex: lazily(async () => (await database()).vectorIndex),
		health: lazily(async () => (await database()).health),
		objects: s3Objects(env.BUCKET_NAME),
		embedder: await embedderFor(providerSettings("embedding", env)),
		chat: chatFor(providerSettings("chat", env)),
		sessions: lazily(async () => (await conversations()).sessions),
		turns: lazily(async () => (await conversations()).turns()),
		webSearch: lazily(async () => {
			const { tavilySearch } = await import("#ai/tavily/web-search.ts");
			return tavilySearch(accessTo("tavily", env));
		}),
		events: lazily(async () => {
			const { eventBridgeEvents } = await import("#aws/events.ts");
			return eventBridgeEvents(env.EVENT_BUS_NAME);
		}),
	});
}
