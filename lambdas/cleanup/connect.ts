import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { lazyPort } from "#lambda-kit/lazy-port.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { cleanupEnv } from "./env.ts";

export function connect(env: Env<typeof cleanupEnv>) {
	return withCrashVariable({
		...postgresPorts(databaseFrom(env)),
		objects: s3Objects(env.BUCKET_NAME),
		events: eventBridgeEvents(env.EVENT_BUS_NAME),
		sessionUpkeep: lazyPort(async () => {
			const { sessionUpkeepOn } = await import("./session-upkeep.ts");
			return sessionUpkeepOn(env);
		}),
		clock: { now: () => new Date() },
	});
}
