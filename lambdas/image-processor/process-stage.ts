import { processImage } from "#core/pipeline/process-image.ts";
import { resizeItem } from "#core/pipeline/resize-item.ts";
import { queueHandler, type StageQueue } from "#lambda-kit/queue-handler.ts";
import { imageTask } from "./image-task.ts";

type ProcessPorts = Parameters<typeof processImage>[0] & Parameters<typeof resizeItem>[0];

/** Wires the stage's events to its use cases; the function and the simulator call it. */
export const processStage = (ports: ProcessPorts, bucket: string, queue: StageQueue) =>
	queueHandler(
		"process",
		(event) => imageTask(event, bucket),
		(task, options) => ("request_id" in task ? resizeItem(ports, task, options) : processImage(ports, task, options)),
		queue,
	);
