import { derivedId } from "../ids.ts";
import { type Analysis, embeddingText, searchText } from "../items/analysis.ts";
import type { Ports } from "../ports/index.ts";
import { continueRebuild } from "../search/rebuild-index.ts";
import { type AnalysisComplete, type EmbeddingRequested, itemEventFields } from "./events.ts";
import { runStage, type StageOptions, type StageOutcome, type StageTask } from "./run-stage.ts";

type EmbedPorts = Pick<Ports, "stages" | "outbox" | "events" | "items" | "embedder">;

/** Embeds an analysis. Safe to run twice for the same event. */
export function embedAnalysis(
	ports: EmbedPorts,
	event: Pick<AnalysisComplete, "user_id" | "item_id" | "analysis_id">,
	options: StageOptions,
): Promise<StageOutcome> {
	const task = { userId: event.user_id, itemId: event.item_id };
	// Another analysis has an event of its own.
	return embed(ports, task, options, ({ id }) => id === event.analysis_id);
}

/** Embeds an item again, for a rebuild or after a change of its text, and queues the rebuild's next items. */
export async function embedAgain(
	ports: EmbedPorts & Pick<Ports, "requests">,
	event: Pick<EmbeddingRequested, "user_id" | "item_id" | "request_id">,
	options: StageOptions,
): Promise<StageOutcome> {
	const userId = event.user_id;
	const itemId = event.item_id;
	const task = { userId, itemId, requestId: event.request_id };
	const outcome = await embed(ports, task, options, () => true);
	await continueRebuild(ports, userId);
	return outcome;
}

function embed(
	ports: EmbedPorts,
	task: StageTask,
	options: StageOptions,
	isMeant: (analysis: Analysis) => boolean,
): Promise<StageOutcome> {
	const { items, embedder, stages } = ports;
	return runStage(ports, "embed", task, options, async ({ lease }) => {
		const found = await items.find(task.userId, task.itemId);
		const analysis = found?.latestAnalysis;
		if (!analysis || !isMeant(analysis)) return false;
		const { item, tags } = found;
		const analysisId = analysis.id;
		const text = embeddingText(searchText(analysis.description, { ...item, tags }));
		const { vectors, usage } = await embedder.embed([text], "document", { deadline: options.deadline });
		const [vector] = vectors;
		if (!vector) throw new Error("The embedding model returned no vector.");
		const committed = await stages.commitEmbedded(
			lease,
			{ analysisId, textRevision: item.textRevision, model: embedder.model, vector, usage },
			{
				id: derivedId(lease.token, "ItemReady"),
				type: "ItemReady",
				detail: { ...itemEventFields(item), analysis_id: analysisId },
			},
		);
		const isFirst = analysis.version === 1 && !task.requestId;
		if (committed && isFirst) options.onReady?.(item);
		return committed;
	});
}
