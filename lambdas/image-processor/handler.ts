import { processImage } from "#core/process-image.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { connect } from "./connect.ts";
import { imageProcessorEnv } from "./env.ts";
import { storedOriginal } from "./stored-original.ts";

const env = readEnv(imageProcessorEnv);
const { ports, delay } = connect(env);

export const handler = queueHandler(
	(event) => storedOriginal(event, env.BUCKET_NAME),
	(original, options) => processImage(ports, original, options),
	delay,
);
