import { s3Objects } from "#aws/objects.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { processStage } from "./process-stage.ts";

const env = readEnv(stageContract("process"));
const { ports, queue } = connectStage(env, { objects: s3Objects(env.BUCKET_NAME), images: sharpImages() });

export const handler = processStage(ports, env.BUCKET_NAME, queue);
