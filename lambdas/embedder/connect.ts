import { embedderFor } from "#ai/embedder.ts";
import { eventBridgeEvents } from "#aws/events.ts";
import { delayMessage } from "#aws/queue.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { StageEnv } from "#lambda-kit/env.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";
import { postgresPorts } from "#postgres/ports.ts";

export async function connect(env: StageEnv<"embed">) {
	return {
		delay: delayMessage(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			embedder: await embedderFor(providerSettings("embedding", env)),
		}),
	};
}
