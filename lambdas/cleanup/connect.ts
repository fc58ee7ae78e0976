import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { databaseOf } from "#lambda-kit/connect-database.ts";
import { crashable } from "#lambda-kit/crash-point.ts";
import type { Env } from "#lambda-kit/env.ts";
import { postgresPorts } from "#postgres/ports.ts";
import type { cleanupEnv } from "./env.ts";

export function connect(env: Env<typeof cleanupEnv>) {
	return crashable({
		...postgresPorts(databaseOf(env)),
		objects: s3Objects(env.BUCKET_NAME),
		events: eventBridgeEvents(env.EVENT_BUS_NAME),
		clock: { now: () => new Date() },
	});
}
