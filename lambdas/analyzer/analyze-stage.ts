import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { analysisRequested, imageProcessed } from "#core/pipeline/events.ts";
import { queueHandler, type StageQueue } from "#lambda-kit/queue-handler.ts";

/** Wires the stage's events to its use case; the function and the simulator call it. */
export const analyzeStage = (ports: Parameters<typeof analyzeItem>[0], queue: StageQueue) =>
	queueHandler(
		"analyze",
		({ "detail-type": type, detail }) =>
			type === "AnalysisRequested" ? analysisRequested.parse(detail) : imageProcessed.parse(detail),
		(event, options) => analyzeItem(ports, event, options),
		queue,
	);
