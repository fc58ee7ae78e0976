import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { analysisRequested, imageProcessed } from "#core/pipeline/events.ts";
import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { connect } from "./connect.ts";

const { ports, delay } = await connect(readEnv(stageContract("analyze")));
const observedPorts = observeModels(ports);

export const handler = queueHandler(
	"analyze",
	({ "detail-type": type, detail }) =>
		type === "AnalysisRequested" ? analysisRequested.parse(detail) : imageProcessed.parse(detail),
	(event, options) => analyzeItem(observedPorts, event, options),
	delay,
);
