import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { cognitoUserPool } from "#aws/user-pool.ts";
import { once } from "#core/once.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { lazyPort } from "#lambda-kit/lazy-port.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { cleanupEnv } from "./env.ts";

export function connect(env: Env<typeof cleanupEnv>) {
	const conversations = once(async () => {
		const { conversationsIn } = await import("./connect-conversations.ts");
		return conversationsIn(env);
	});
	return withCrashVariable({
		...postgresPorts(databaseFrom(env)),
		objects: s3Objects(env.BUCKET_NAME),
		events: eventBridgeEvents(env.EVENT_BUS_NAME),
		sessionUpkeep: lazyPort(async () => (await conversations()).sessionUpkeep),
		sessions: lazyPort(async () => (await conversations()).sessions),
		idempotencyKeys: lazyPort(async () => (await conversations()).idempotencyKeys),
		rateLimits: lazyPort(async () => (await conversations()).rateLimits),
		verificationCache: lazyPort(async () => (await conversations()).verificationCache),
		userPool: cognitoUserPool(env.USER_POOL_ID),
		clock: { now: () => new Date() },
	});
}
