import { processImage } from "#core/pipeline/process-image.ts";
import { resizeItem } from "#core/pipeline/resize-item.ts";
import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { connect } from "./connect.ts";
import { imageTask } from "./image-task.ts";

const env = readEnv(stageContract("process"));
const { ports, delay } = connect(env);

export const handler = queueHandler(
	"process",
	(event) => imageTask(event, env.BUCKET_NAME),
	(task, options) => ("request_id" in task ? resizeItem(ports, task, options) : processImage(ports, task, options)),
	delay,
);
