import { embedAnalysis } from "#core/embed-analysis.ts";
import { analysisComplete } from "#core/events.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { measureModels } from "#lambda-kit/measure-models.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { connect } from "./connect.ts";
import { embedderEnv } from "./env.ts";

const { ports, delay } = await connect(readEnv(embedderEnv));
const measured = measureModels(ports);

export const handler = queueHandler(
	"embed",
	({ detail }) => analysisComplete.parse(detail),
	(event, options) => embedAnalysis(measured, event, options),
	delay,
);
