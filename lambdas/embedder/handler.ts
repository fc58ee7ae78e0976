import { embedAgain, embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { analysisComplete, embeddingRequested } from "#core/pipeline/events.ts";
import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { connect } from "./connect.ts";

const { ports, delay } = await connect(readEnv(stageContract("embed")));
const observedPorts = observeModels(ports);

export const handler = queueHandler(
	"embed",
	({ "detail-type": type, detail }) =>
		type === "EmbeddingRequested" ? embeddingRequested.parse(detail) : analysisComplete.parse(detail),
	(event, options) =>
		"request_id" in event ? embedAgain(observedPorts, event, options) : embedAnalysis(observedPorts, event, options),
	delay,
);
