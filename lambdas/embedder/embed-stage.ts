import { embedAgain, embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { analysisComplete, embeddingRequested } from "#core/pipeline/events.ts";
import type { Ports } from "#core/ports/index.ts";
import { queueHandler, type StageQueue } from "#lambda-kit/queue-handler.ts";
import { recordTokenUsage } from "#lambda-kit/token-usage.ts";

type EmbedPorts = Parameters<typeof embedAgain>[0] & Parameters<typeof embedAnalysis>[0] & Pick<Ports, "usage">;

/** Wires the stage's events to its use cases; the function and the simulator call it. */
export const embedStage = (ports: EmbedPorts, queue: StageQueue) =>
	queueHandler(
		"embed",
		({ "detail-type": type, detail }) =>
			type === "EmbeddingRequested" ? embeddingRequested.parse(detail) : analysisComplete.parse(detail),
		(event, options) =>
			recordTokenUsage(
				ports,
				() => event.user_id,
				() => ("request_id" in event ? embedAgain(ports, event, options) : embedAnalysis(ports, event, options)),
			),
		queue,
	);
