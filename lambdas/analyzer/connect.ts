import { visionFor } from "#ai/vision.ts";
import { s3Objects } from "#aws/objects.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import { runtimeEnv, type StageEnv } from "#lambda-kit/env.ts";
import { lazyPort } from "#lambda-kit/lazy-port.ts";
import { log } from "#lambda-kit/log.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";
import { sharedBreaker } from "#lambda-kit/shared-breaker.ts";

export async function connect(env: StageEnv<"analyze">) {
	if (["instant", "replay"].includes(env.VISION_PROVIDER) && env.ENVIRONMENT !== "local") {
		throw new Error(
			`The vision provider ${env.VISION_PROVIDER} sees nothing and is for environment local alone: set visionProvider in cdk.json to offline.`,
		);
	}
	return connectStage(env, {
		objects: s3Objects(env.BUCKET_NAME),
		// A description that is replayed or instant needs no pixels, and so no decoder.
		images: lazyPort(async () => (await import("#images/sharp-images.ts")).sharpImages()),
		vision: visionFor({
			...providerSettings("vision", env, sharedBreaker(env.CHECKPOINT_TABLE_NAME)),
			replayFolder: runtimeEnv.replayFolder,
			onUnread: (error) => log.warn("text not placed", { error }),
		}),
	});
}
