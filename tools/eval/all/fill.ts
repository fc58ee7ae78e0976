import { derivedId } from "#core/ids.ts";
import type { ImageType } from "#core/items/item.ts";
import { embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { itemEventFields } from "#core/pipeline/events.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Embedder, Events, Lease } from "#core/ports/index.ts";
import type { postgresPorts } from "#postgres/ports.ts";
import type { Progress } from "./pictures.ts";
import type { EvaluationSet, SetItem } from "./sets.ts";

type FillPorts = ReturnType<typeof postgresPorts> & { embedder: Embedder };

/** Nobody waits for the events: the stages follow one another here. */
const events: Events = { publish: async () => {} };
const leaseSeconds = 120;
const mimeType: ImageType = "image/png";

/** Returns the user whose collection a set is. */
export const userOf = ({ name }: Pick<EvaluationSet, "name">): string => `eval-${name}`;

/**
 * Saves a set as its user's items, stage by stage as the pipeline commits them, and embeds each.
 *
 * @returns the set's id of each item
 */
export async function fill(ports: FillPorts, set: EvaluationSet, progress: Progress): Promise<Map<string, string>> {
	const ids = new Map<string, string>();
	for (const item of set.items) {
		ids.set(await save(ports, set, item), item.id);
		progress(ids.size, set.items.length);
	}
	return ids;
}

async function save(ports: FillPorts, set: EvaluationSet, { id: datasetId, filename, description, image }: SetItem) {
	const userId = userOf(set);
	const id = derivedId(set.name, datasetId);
	const analysisId = derivedId(id, "analysis");
	const { item } = await ports.items.create({
		id,
		userId,
		originalFilename: filename,
		mimeType,
		fileSize: 1,
		sha256: image.sha256,
		correlationId: set.name,
	});
	await ports.items.markUploaded(userId, id);
	await commit(ports, userId, id, "process", (lease) =>
		ports.stages.commitProcessed(lease, image, {
			id: derivedId(id, "ImageProcessed"),
			type: "ImageProcessed",
			detail: { ...itemEventFields(item), bucket: "none", original_key: id, thumbnail_key: id },
		}),
	);
	await commit(ports, userId, id, "analyze", (lease) =>
		ports.stages.commitAnalyzed(
			lease,
			{ id: analysisId, version: 1, description, providerUsed: "eval", modelUsed: set.name, traceId: null, usage: [] },
			{
				id: derivedId(id, "AnalysisComplete"),
				type: "AnalysisComplete",
				detail: { ...itemEventFields(item), analysis_id: analysisId },
			},
		),
	);
	const outcome = await embedAnalysis(
		{ ...ports, events },
		{ user_id: userId, item_id: id, analysis_id: analysisId },
		{ leaseSeconds, deadline: new Date(Date.now() + leaseSeconds * 1_000) },
	);
	if (outcome !== "committed") throw new Error(`${set.name}: ${datasetId} could not be embedded: ${outcome}.`);
	return id;
}

async function commit(
	{ stages }: FillPorts,
	userId: string,
	itemId: string,
	stage: StageName,
	write: (lease: Lease) => Promise<boolean>,
): Promise<void> {
	const claim = await stages.claim(userId, itemId, stage, leaseSeconds);
	if (claim.outcome !== "claimed") throw new Error(`The claim of ${stage} was answered with ${claim.outcome}.`);
	if (!(await write(claim.lease))) throw new Error(`The commit of ${stage} lost its lease.`);
}
