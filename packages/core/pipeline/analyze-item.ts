import { derivedId } from "../ids.ts";
import { originalKey, visionKey } from "../items/item.ts";
import type { Ports } from "../ports/index.ts";
import { verifyDescription } from "../verification/verify-description.ts";
import { compareModels } from "./compare-models.ts";
import { comparedModels } from "./compared-models.ts";
import { type AnalysisRequested, type ImageProcessed, itemEventFields } from "./events.ts";
import { picturePixels } from "./picture-pixels.ts";
import { runStage, type StageOptions, type StageOutcome } from "./run-stage.ts";

/** A model reads no more of a person's tags, those first that the person gave, of these the most used. */
const maxKnownTags = 100;
/** Versions of a description that a new one is compared with, the newest. */
const maxComparedVersions = 5;

/**
 * Describes an image by a vision model; the description becomes the item's current analysis. A person's request may
 * name the provider and the model.
 */
export async function analyzeItem(
	ports: Pick<Ports, "stages" | "outbox" | "events" | "objects" | "images" | "analyses" | "vision" | "tags">,
	{
		user_id: userId,
		item_id: itemId,
		request_id: requestId,
	}: Pick<ImageProcessed, "user_id" | "item_id"> & Partial<Pick<AnalysisRequested, "request_id">>,
	options: StageOptions,
): Promise<StageOutcome> {
	const { objects, images, analyses, vision, stages, tags } = ports;
	return runStage(ports, "analyze", { userId, itemId, requestId }, options, async ({ lease, item, request }) => {
		const image = await objects.get(visionKey(userId, itemId));
		if (!image) {
			throw new Error(`The derived image of item ${itemId} is missing.`);
		}
		const own = await tags.list(userId, { limit: maxKnownTags, ownFirst: true });
		const picture = {
			image,
			pixels: async (maxPixels: number) =>
				picturePixels(images, await objects.get(originalKey(item)), image, maxPixels),
			originalFilename: item.originalFilename,
			sha256: item.sha256,
			width: item.width ?? 0,
			height: item.height ?? 0,
			takenAt: item.takenAt,
			camera: item.camera,
			colours: item.colours,
			knownTags: own.tags.map(({ name }) => name),
			deadline: options.deadline,
		};
		if (request?.kind === "compare") {
			const versions = ((await analyses.listByItem(userId, itemId)) ?? []).slice(0, maxComparedVersions);
			const models = comparedModels.read(request.model ?? "");
			return stages.commitCompared(lease, await compareModels(vision, picture, item, models, versions));
		}
		const answer = await vision.describe({
			...picture,
			provider: request?.provider ?? undefined,
			model: request?.model ?? undefined,
		});
		const version = (await analyses.latestVersion(userId, itemId)) + 1;
		const versions = version > 1 ? ((await analyses.listByItem(userId, itemId)) ?? []) : [];
		const verification = verifyDescription(item, answer.description, versions.slice(0, maxComparedVersions));
		const analysisId = derivedId(itemId, "analysis", version);
		return stages.commitAnalyzed(
			lease,
			{
				id: analysisId,
				version,
				description: answer.description,
				providerUsed: answer.provider,
				modelUsed: answer.model,
				traceId: answer.traceId,
				usage: answer.usage,
				...(verification && { verification }),
			},
			{
				id: derivedId(lease.token, "AnalysisComplete"),
				type: "AnalysisComplete",
				detail: { ...itemEventFields(item), analysis_id: analysisId },
			},
		);
	});
}
