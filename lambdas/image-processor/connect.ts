import { s3Objects } from "#aws/objects.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import type { StageEnv } from "#lambda-kit/env.ts";

export const connect = (env: StageEnv<"process">) =>
	connectStage(env, { objects: s3Objects(env.BUCKET_NAME), images: sharpImages() });
