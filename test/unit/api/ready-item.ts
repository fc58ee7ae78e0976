import { derivedId } from "#core/ids.ts";
import { embeddingText, imageDescription, searchText } from "#core/items/analysis.ts";
import { originalKey, thumbnailKey, visionKey } from "#core/items/item.ts";
import type { TakenAt } from "#core/items/taken-at.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakePlaceholder } from "#fakes/models.ts";
import { looks } from "../../contracts/new-rows.ts";
import { png } from "./test-api.ts";

let uploads = 0;

/** Makes an item with the commits of the whole pipeline. */
export async function readyItem(
	ports: Ports,
	userId: string,
	{
		headline = "A lighthouse at dusk",
		category = "Travel",
		details = {},
		takenAt = null,
	}: { headline?: string; category?: string; details?: object; takenAt?: TakenAt | null } = {},
) {
	const { stages, objects, embedder } = ports;
	const file = png("shot.png", `ready ${++uploads}`);
	const { item } = await uploadItem(ports, userId, {
		filename: file.name,
		bytes: new Uint8Array(await file.arrayBuffer()),
	});
	const leaseOf = async (stage: StageName) => {
		const claim = await stages.claim(userId, item.id, stage, 60);
		if (claim.outcome !== "claimed") throw new Error(claim.outcome);
		return claim.lease;
	};
	const thumbnail = thumbnailKey(userId, item.id);
	const detail = {
		version: 1,
		correlation_id: item.correlationId,
		item_id: item.id,
		user_id: userId,
	} as const;

	await objects.put(thumbnail, new Uint8Array([1]), "image/webp");
	await objects.put(visionKey(userId, item.id), new Uint8Array([1]), "image/jpeg");
	await stages.commitProcessed(
		await leaseOf("process"),
		{
			width: 1,
			height: 1,
			sha256: item.sha256 ?? "",
			takenAt,
			damaged: false,
			camera: null,
			location: null,
			colours: ["white"],
			placeholder: fakePlaceholder,
			...looks((item.sha256 ?? "").slice(0, 16), item.id),
		},
		{
			id: derivedId(item.id, "ImageProcessed"),
			type: "ImageProcessed",
			detail: {
				...detail,
				bucket: objects.bucket,
				original_key: originalKey(item),
				thumbnail_key: thumbnail,
			},
		},
	);

	const description = imageDescription.parse({
		category,
		subcategories: [],
		headline,
		summary: `${headline}.`,
		image_details: details,
		media_metadata: {},
	});
	const text = searchText(description);
	const analysisId = derivedId(item.id, 1);
	await stages.commitAnalyzed(
		await leaseOf("analyze"),
		{
			id: analysisId,
			version: 1,
			description,
			providerUsed: "offline",
			modelUsed: "offline-1",
			traceId: null,
			usage: [],
		},
		{
			id: derivedId(analysisId, "AnalysisComplete"),
			type: "AnalysisComplete",
			detail: { ...detail, analysis_id: analysisId },
		},
	);

	const { vectors, usage } = await embedder.embed([embeddingText(text)], "document", {
		deadline: new Date(Date.now() + 10_000),
	});
	const [vector] = vectors;
	if (!vector) throw new Error("The embedder gave no vector.");
	await stages.commitEmbedded(
		await leaseOf("embed"),
		{ analysisId, textRevision: 0, model: embedder.model, vector, usage },
		{
			id: derivedId(analysisId, "ItemReady"),
			type: "ItemReady",
			detail: { ...detail, analysis_id: analysisId },
		},
	);
	return {
		file,
		itemId: item.id,
		analysisId,
		originalKey: originalKey(item),
		thumbnailKey: thumbnail,
	};
}
