import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { analysisRequested, imageProcessed } from "#core/pipeline/events.ts";
import type { Ports } from "#core/ports/index.ts";
import { queueHandler, type StageQueue } from "#lambda-kit/queue-handler.ts";
import { recordTokenUsage } from "#lambda-kit/token-usage.ts";

/** Wires the stage's events to its use case; the function and the simulator call it. */
export const analyzeStage = (ports: Parameters<typeof analyzeItem>[0] & Pick<Ports, "usage">, queue: StageQueue) =>
	queueHandler(
		"analyze",
		({ "detail-type": type, detail }) =>
			type === "AnalysisRequested" ? analysisRequested.parse(detail) : imageProcessed.parse(detail),
		(event, options) =>
			recordTokenUsage(
				ports,
				() => event.user_id,
				() => analyzeItem(ports, event, options),
			),
		queue,
	);
