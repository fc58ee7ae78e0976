import { embeddingText, searchText } from "./analysis.ts";
import type { AnalysisComplete } from "./events.ts";
import { derivedId } from "./ids.ts";
import type { Ports } from "./ports.ts";
import { runStage, type StageOptions, type StageOutcome } from "./run-stage.ts";

/** Gives an analysis its place in the search space. Safe to run twice for the same event. */
export async function embedAnalysis(
	ports: Pick<Ports, "stages" | "outbox" | "events" | "analyses" | "embedder">,
	{
		user_id: userId,
		item_id: itemId,
		analysis_id: analysisId,
	}: Pick<AnalysisComplete, "user_id" | "item_id" | "analysis_id">,
	options: StageOptions,
): Promise<StageOutcome> {
	const { analyses, embedder, stages } = ports;
	return runStage(
		ports,
		"embed",
		{ userId, itemId },
		options,
		async ({ lease, item }) => {
			const analysis = await analyses.find(userId, analysisId);
			if (!analysis) return false;
			const text = embeddingText(searchText(analysis.description));
			const { vectors, usage } = await embedder.embed([text], "document", {
				deadline: options.deadline,
			});
			const [vector] = vectors;
			if (!vector) throw new Error("The embedding model answered no vector.");
			const committed = await stages.commitEmbedded(
				lease,
				{ analysisId, model: embedder.model, vector, usage },
				{
					id: derivedId(lease.token, "ItemReady"),
					type: "ItemReady",
					detail: {
						version: 1,
						correlation_id: item.correlationId,
						item_id: itemId,
						user_id: userId,
						analysis_id: analysisId,
					},
				},
			);
			if (committed && analysis.version === 1) options.ready?.(item);
			return committed;
		},
	);
}
