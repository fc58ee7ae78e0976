import { visionFor } from "#ai/vision.ts";
import { eventBridgeEvents } from "#aws/events.ts";
import { s3Objects } from "#aws/objects.ts";
import { delayMessage } from "#aws/queue.ts";
import { databaseFrom } from "#lambda-kit/connect-database.ts";
import { withCrashVariable } from "#lambda-kit/crash-point.ts";
import { runtimeEnv, type StageEnv } from "#lambda-kit/env.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";
import { postgresPorts } from "#postgres/ports.ts";

export async function connect(env: StageEnv<"analyze">) {
	if (["instant", "replay"].includes(env.VISION_PROVIDER) && env.ENVIRONMENT !== "local") {
		throw new Error(
			`The vision provider ${env.VISION_PROVIDER} sees nothing and is for environment local alone: set visionProvider in cdk.json to offline.`,
		);
	}
	return {
		delay: delayMessage(env.QUEUE_URL),
		ports: withCrashVariable({
			...postgresPorts(databaseFrom(env)),
			objects: s3Objects(env.BUCKET_NAME),
			events: eventBridgeEvents(env.EVENT_BUS_NAME),
			vision: visionFor({ ...providerSettings("vision", env), replayFolder: runtimeEnv.replayFolder }),
		}),
	};
}
