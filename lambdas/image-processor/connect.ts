import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { delayMessage } from "#aws/queue.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import type { StageEnv } from "#lambda-kit/env.ts";
import { postgresPorts } from "#postgres/ports.ts";

export function connect(env: StageEnv<"process">) {
	return {
		delay: delayMessage(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			objects: s3Objects(env.BUCKET_NAME),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			images: sharpImages(),
		}),
	};
}
