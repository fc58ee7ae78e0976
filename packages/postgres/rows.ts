import type { Analysis, DescriptionVerification, ImageDescription, ModelUsage } from "#core/items/analysis.ts";
import type { ImageType, Item, ItemErrorCode, ItemStatus } from "#core/items/item.ts";
import type { TakenAt, TakenAtSource } from "#core/items/taken-at.ts";
import { type UsageJson, usageFromJson, usageToJson } from "#core/items/usage-json.ts";
import type { RequestError, RequestKind, RequestStatus, WorkRequest } from "#core/pipeline/work-request.ts";

export interface ItemRow {
	id: string;
	user_id: string;
	original_filename: string;
	mime_type: ImageType;
	/** bigint, which the driver returns as text. */
	file_size: string;
	sha256: string | null;
	status: ItemStatus;
	error_code: ItemErrorCode | null;
	error_detail: string | null;
	duplicate_of: string | null;
	width: number | null;
	height: number | null;
	taken_at: Date | null;
	taken_at_local: string | null;
	taken_at_offset: string | null;
	taken_at_source: TakenAtSource | null;
	damaged: boolean;
	camera: string | null;
	latitude: number | null;
	longitude: number | null;
	colours: string[];
	/** bit(64), which the driver returns as zeros and ones. */
	perceptual_hash: string | null;
	placeholder: Buffer | null;
	trashed_at: Date | null;
	edited_headline: string | null;
	edited_summary: string | null;
	edited_category: string | null;
	tags_edited: boolean;
	note: string | null;
	favorite: boolean;
	text_revision: number;
	correlation_id: string;
	created_at: Date;
	updated_at: Date;
}

/** Converts a bit(64) to 16 hex digits. */
export const hashFromBits = (bits: string) => BigInt(`0b${bits}`).toString(16).padStart(16, "0");

export function itemFromRow(row: ItemRow): Item {
	return {
		id: row.id,
		userId: row.user_id,
		originalFilename: row.original_filename,
		mimeType: row.mime_type,
		fileSize: Number(row.file_size),
		sha256: row.sha256,
		status: row.status,
		error: row.error_code && {
			code: row.error_code,
			detail: row.error_detail ?? "",
			...(row.duplicate_of && { duplicateOf: row.duplicate_of }),
		},
		width: row.width,
		height: row.height,
		takenAt: takenAtFromRow(row),
		damaged: row.damaged,
		camera: row.camera,
		location:
			row.latitude === null || row.longitude === null ? null : { latitude: row.latitude, longitude: row.longitude },
		colours: row.colours,
		perceptualHash: row.perceptual_hash && hashFromBits(row.perceptual_hash),
		placeholder: row.placeholder?.toString("base64") ?? null,
		trashedAt: row.trashed_at,
		edits: {
			headline: row.edited_headline,
			summary: row.edited_summary,
			category: row.edited_category,
			tags: row.tags_edited,
		},
		note: row.note,
		favorite: row.favorite,
		textRevision: row.text_revision,
		correlationId: row.correlation_id,
		createdAt: row.created_at,
		updatedAt: row.updated_at,
	};
}

export function takenAtFromRow(
	row: Pick<ItemRow, "taken_at" | "taken_at_local" | "taken_at_offset" | "taken_at_source">,
): TakenAt | null {
	const { taken_at: instant, taken_at_local: local, taken_at_offset: offset, taken_at_source: source } = row;
	if (!instant || local === null || !source) return null;
	return { instant, local, offset, source };
}

export interface AnalysisRow {
	id: string;
	item_id: string;
	user_id: string;
	version: number;
	raw_response: ImageDescription;
	provider_used: string;
	model_used: string;
	trace_id: string | null;
	usage: UsageJson[];
	verification: DescriptionVerification | null;
	created_at: Date;
}

/** Writes billed calls as the column `usage` holds them. */
export const usageText = (usage: ModelUsage[]): string => JSON.stringify(usage.map(usageToJson));

/** Converts a row that was selected as jsonb, in which times are text. */
export const analysisFromJson = (row: AnalysisRow): Analysis =>
	analysisFromRow({ ...row, created_at: new Date(row.created_at) });

export function analysisFromRow(row: AnalysisRow): Analysis {
	return {
		id: row.id,
		itemId: row.item_id,
		userId: row.user_id,
		version: row.version,
		// Analyses of earlier releases suggest no tags.
		description: { ...row.raw_response, tags: row.raw_response.tags ?? [] },
		providerUsed: row.provider_used,
		modelUsed: row.model_used,
		traceId: row.trace_id,
		usage: row.usage.map(usageFromJson),
		...(row.verification && { verification: row.verification }),
		createdAt: row.created_at,
	};
}

export interface RequestRow {
	id: string;
	item_id: string;
	user_id: string;
	kind: RequestKind;
	provider: string | null;
	model: string | null;
	status: RequestStatus;
	error_code: RequestError["code"] | null;
	error_detail: string | null;
	analysis_id: string | null;
	comparison: WorkRequest["comparison"];
	attempts: number;
	created_at: Date;
	finished_at: Date | null;
}

export function requestFromRow(row: RequestRow): WorkRequest {
	return {
		id: row.id,
		itemId: row.item_id,
		userId: row.user_id,
		kind: row.kind,
		provider: row.provider,
		model: row.model,
		status: row.status,
		error: row.error_code && { code: row.error_code, detail: row.error_detail ?? "" },
		analysisId: row.analysis_id,
		comparison: row.comparison,
		createdAt: row.created_at,
		finishedAt: row.finished_at,
	};
}
