import { eventBridgeEvents } from "#aws/events.ts";
import { sqsQueue } from "#aws/queue.ts";
import type { Ports } from "#core/ports/index.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { databaseFrom } from "./connect-database.ts";
import { withCrashVariable } from "./crash-point.ts";
import type { GroupEnv, stageGroups } from "./env.ts";

/** Connects what every stage needs, its queue, the database and the event bus, and adds the stage's own ports. */
export function connectStage<Own extends Partial<Ports>>(env: GroupEnv<(typeof stageGroups)[number]>, own: Own) {
	return {
		queue: { ...sqsQueue(env.QUEUE_URL), concurrency: Number(env.QUEUE_CONCURRENCY) },
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			...own,
		}),
	};
}
