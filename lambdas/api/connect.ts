import { cachedQueries } from "#ai/cached-queries.ts";
import { chatFor } from "#ai/chat.ts";
import type { CircuitBreaker } from "#ai/circuit-breaker.ts";
import { embedderFor } from "#ai/embedder.ts";
import { providersWith } from "#ai/providers.ts";
import type { TableOptions } from "#aws/dynamodb.ts";
import { s3Objects } from "#aws/objects.ts";
import { cognitoUserPool } from "#aws/user-pool.ts";
import { once } from "#core/once.ts";
import type { QueryVectors } from "#core/ports/index.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import { type Env, runtimeEnv } from "#lambda-kit/env.ts";
import { lazyPort } from "#lambda-kit/lazy-port.ts";
import { log } from "#lambda-kit/log.ts";
import { accessTo, providerSettings } from "#lambda-kit/provider-settings.ts";
import { sharedBreaker } from "#lambda-kit/shared-breaker.ts";
import type { apiEnv } from "./env.ts";
import type { ApiPorts } from "./http/route-module.ts";

/** The words of the offline vectors, read where a search finds nothing for a word. */
const isWord = async (word: string) => (await import("#ai/offline/word-vectors.ts")).isWord(word);

/** Connects the ports to their adapters. Driver and SDKs are loaded by the first call that needs them. */
export async function connect(env: Env<typeof apiEnv>): Promise<ApiPorts> {
	const database = once(async () => {
		const [{ databaseFrom }, { postgresPorts }] = await Promise.all([
			import("#lambda-kit/connect-database.ts"),
			import("#postgres/ports.ts"),
		]);
		return postgresPorts(databaseFrom(env), isWord);
	});
	const conversations = once(async () => {
		const { conversationsIn } = await import("./connect-conversations.ts");
		return conversationsIn(await dynamodb(), env);
	});
	const dynamodb = once(async () => {
		const { documentClient } = await import("#aws/dynamodb.ts");
		return documentClient();
	});
	const breaker = sharedBreaker(env.CHECKPOINT_TABLE_NAME, dynamodb);
	return withCrashVariable({
		items: lazyPort(async () => (await database()).items),
		edits: lazyPort(async () => (await database()).edits),
		tags: lazyPort(async () => (await database()).tags),
		searchIndex: lazyPort(async () => (await database()).searchIndex),
		requests: lazyPort(async () => (await database()).requests),
		redactions: lazyPort(async () => (await database()).redactions),
		rateLimits: lazyPort(async () => {
			const { dynamoDbRateLimits } = await import("#aws/rate-limits.ts");
			return dynamoDbRateLimits({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
		}),
		quotaCounts: lazyPort(async () => {
			const { dynamoDbQuotaCounts } = await import("#aws/quota-counts.ts");
			return dynamoDbQuotaCounts({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
		}),
		ownQuotas: lazyPort(async () => {
			const { dynamoDbOwnQuotas } = await import("#aws/own-quotas.ts");
			return dynamoDbOwnQuotas({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
		}),
		idempotencyKeys: lazyPort(async () => {
			const { dynamoDbIdempotencyKeys } = await import("#aws/idempotency-keys.ts");
			return dynamoDbIdempotencyKeys({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
		}),
		outbox: lazyPort(async () => (await database()).outbox),
		analyses: lazyPort(async () => (await database()).analyses),
		albums: lazyPort(async () => (await database()).albums),
		archives: lazyPort(async () => (await database()).archives),
		jobs: lazyPort(async () => (await database()).jobs),
		golden: lazyPort(async () => (await database()).golden),
		search: lazyPort(async () => (await database()).search),
		searchSettings: lazyPort(async () => (await database()).searchSettings),
		similar: lazyPort(async () => (await database()).similar),
		vectorIndex: lazyPort(async () => (await database()).vectorIndex),
		health: lazyPort(async () => (await database()).health),
		profiles: lazyPort(async () => (await database()).profiles),
		usage: lazyPort(async () => (await database()).usage),
		deletedAccounts: lazyPort(async () => (await database()).deletedAccounts),
		shares: lazyPort(async () => (await database()).shares),
		subscriptions: lazyPort(async () => (await database()).subscriptions),
		verifications: lazyPort(async () => (await database()).verifications),
		verificationCache: lazyPort(async () => {
			const { dynamoDbVerificationCache } = await import("#aws/verification-cache.ts");
			return dynamoDbVerificationCache({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
		}),
		webhooks: lazyPort(async () => (await database()).webhooks),
		userPool: cognitoUserPool(env.USER_POOL_ID),
		objects: s3Objects(env.BUCKET_NAME),
		embedder: await connectEmbedder(env, dynamodb, breaker),
		chat: chatFor(providerSettings("chat", env, breaker)),
		sessions: lazyPort(async () => (await conversations()).sessions),
		turns: lazyPort(async () => (await conversations()).turns()),
		webSearch: lazyPort(async () => {
			const { tavilySearch } = await import("#ai/tavily/web-search.ts");
			return tavilySearch({ ...accessTo("tavily", env), breaker });
		}),
		events: lazyPort(async () => {
			const { eventBridgeEvents } = await import("#aws/events.ts");
			return eventBridgeEvents(env.EVENT_BUS_NAME);
		}),
	});
}

/** Connects the environment's embedding model. Only a provider's takes longer than the table of vectors. */
async function connectEmbedder(
	env: Env<typeof apiEnv>,
	dynamodb: () => Promise<TableOptions["dynamodb"]>,
	breaker: CircuitBreaker,
) {
	const settings = providerSettings("embedding", env, breaker);
	const embedder = await embedderFor({ ...settings, onnx: runtimeEnv.onnx });
	const seconds = Number(env.QUERY_CACHE_MINUTES) * 60;
	if (seconds === 0 || !(providersWith("embedding") as string[]).includes(settings.provider)) return embedder;
	const queryVectors: QueryVectors = lazyPort(async () => {
		const { dynamoDbQueryVectors } = await import("#aws/query-vectors.ts");
		return dynamoDbQueryVectors({ dynamodb: await dynamodb(), table: env.CHECKPOINT_TABLE_NAME });
	});
	return cachedQueries(embedder, queryVectors, {
		seconds,
		onHit: () => log.info("query vector cached", {}, { metrics: { CachedQueries: 1 } }),
		onFailure: (error) => log.warn("the cache of query vectors did not answer", { error }),
	});
}
