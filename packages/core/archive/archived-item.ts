import { z } from "zod";
import { type Analysis, imageDescription } from "../items/analysis.ts";
import { type Edits, type ImageType, type Item, imageTypes } from "../items/item.ts";
import { maxTagLength, maxTags } from "../items/tag-names.ts";
import { takenAtSources } from "../items/taken-at.ts";
import { usageToJson } from "../items/usage-json.ts";
import { contradictions, riskLevels, verdicts } from "../verification/verdict.ts";

const time = z.iso.datetime();
const words = (max: number) => z.string().max(max).nullable();
const tagName = z.string().min(1).max(maxTagLength);

const takenAt = z
	.strictObject({
		local: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
		offset: z
			.string()
			.regex(/^[+-]\d\d:\d\d$/)
			.nullable(),
		source: z.enum(takenAtSources),
	})
	.nullable();

const usage = z.strictObject({
	purpose: z.enum(["vision", "repair", "embedding"]),
	provider: z.string().max(100),
	model: z.string().max(200),
	input_tokens: z.int().min(0),
	output_tokens: z.int().min(0),
	cost_usd: z.number().min(0).nullable(),
});

/** As `DescriptionVerification`. */
const archivedVerification = z.strictObject({
	accuracyScore: z.number().min(0).max(100).nullable(),
	riskLevel: z.enum(riskLevels),
	unsupported: z
		.array(
			z.strictObject({
				field: z.enum(["headline", "summary", "key_interest"]),
				text: z.string().max(10_000),
				verdict: z.enum(verdicts).exclude(["supported"]),
				contradiction: z.enum(contradictions).nullable(),
				reason: z.string().max(10_000),
			}),
		)
		.max(1_000),
});

/** One version of an item's description. */
const archivedAnalysis = z.strictObject({
	id: z.uuid(),
	version: z.int().min(1).max(1_000_000),
	description: imageDescription,
	provider: z.string().max(100),
	model: z.string().max(200),
	trace_id: z.string().max(500).nullable(),
	usage: z.array(usage).max(1_000),
	verification: archivedVerification.nullable(),
	created_at: time,
});

/** The numbers of every vector. */
export const archivedDimensions = 1024;
/** Characters of that many 32-bit floats in base64. */
const vectorCharacters = 4 * Math.ceil((4 * archivedDimensions) / 3);

const archivedEmbedding = z.strictObject({
	model: z.string().min(1).max(200),
	/** The analysis whose text it is of. */
	analysis_id: z.uuid(),
	/** 1,024 little-endian 32-bit floats in base64. */
	vector: z
		.base64()
		.length(vectorCharacters)
		.refine((text) => isUnit(vectorOf(text)), { error: "Must be a vector of unit length" }),
	created_at: time,
});

/** Fields of an item that an archive leaves out: an import assigns or computes them anew. */
type LeftOut = "userId" | "damaged" | "perceptualHash" | "placeholder" | "textRevision" | "correlationId";

type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
	? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
	: Name;

/** The schema of every other field, so that no new field is forgotten. */
type ArchivedFields = Record<SnakeCase<Exclude<keyof Item, LeftOut>>, z.ZodType> & Record<string, z.ZodType>;

/** An item as an archive has it, `items/{id}.json`: the row, every version of its description, the person's own words. */
export const archivedItem = z.strictObject({
	id: z.uuid(),
	original_filename: z.string().min(1).max(1_000),
	mime_type: z.enum(Object.keys(imageTypes) as [ImageType, ...ImageType[]]),
	file_size: z.int().min(1),
	sha256: z
		.string()
		.regex(/^[0-9a-f]{64}$/)
		.nullable(),
	status: z.string().max(20),
	error: z.strictObject({ code: z.string().max(100), detail: z.string().max(2_000) }).nullable(),
	width: z.int().min(1).nullable(),
	height: z.int().min(1).nullable(),
	taken_at: takenAt,
	camera: z.string().nullable(),
	location: z.strictObject({ latitude: z.number(), longitude: z.number() }).nullable(),
	colours: z.array(z.string().max(100)).max(100),
	/** The person's own words; null where the model's are shown. */
	edits: z.strictObject({
		headline: words(1_000),
		summary: words(10_000),
		category: words(100),
		/** The list of tags is the person's. */
		tags: z.boolean(),
	} satisfies Record<keyof Edits, z.ZodType>),
	note: words(10_000),
	favorite: z.boolean(),
	tags: z.array(z.strictObject({ name: tagName, source: z.enum(["person", "model"]) })).max(maxTags),
	/** Tags that the person took off: no model suggests them again. */
	removed_tags: z.array(tagName).max(1_000),
	trashed_at: time.nullable(),
	created_at: time,
	updated_at: time,
	/** The highest version is current. */
	analyses: z
		.array(archivedAnalysis)
		.max(1_000)
		.refine((each) => areUnique(each.map(({ id }) => id)) && areUnique(each.map(({ version }) => version)), {
			error: "Must have each version once",
		}),
	embeddings: z
		.array(archivedEmbedding)
		.max(20)
		.refine((each) => areUnique(each.map(({ model }) => model)), { error: "Must have each model once" }),
} satisfies ArchivedFields);
export type ArchivedItem = z.infer<typeof archivedItem>;

interface StoredVector {
	model: string;
	analysisId: string;
	numbers: ArrayLike<number>;
	createdAt: Date;
}

/** Returns an item as an archive has it. */
export function archivedItemOf(
	item: Item,
	{
		analyses,
		tags,
		removedTags,
		vectors,
	}: { analyses: Analysis[]; tags: ArchivedItem["tags"]; removedTags: Iterable<string>; vectors: StoredVector[] },
): ArchivedItem {
	const { error, takenAt: taken } = item;
	return {
		id: item.id,
		original_filename: item.originalFilename,
		mime_type: item.mimeType,
		file_size: item.fileSize,
		sha256: item.sha256,
		status: item.status,
		error: error && { code: error.code, detail: error.detail },
		width: item.width,
		height: item.height,
		taken_at: taken && { local: taken.local, offset: taken.offset, source: taken.source },
		camera: item.camera,
		location: item.location,
		colours: [...item.colours],
		edits: { ...item.edits },
		note: item.note,
		favorite: item.favorite,
		tags: tags.map(({ name, source }) => ({ name, source })),
		removed_tags: [...removedTags].sort(),
		trashed_at: item.trashedAt?.toISOString() ?? null,
		created_at: item.createdAt.toISOString(),
		updated_at: item.updatedAt.toISOString(),
		analyses: analyses.toSorted((a, b) => a.version - b.version).map(archivedAnalysisOf),
		embeddings: vectors.map(({ model, analysisId, numbers, createdAt }) => ({
			model,
			analysis_id: analysisId,
			vector: vectorText(numbers),
			created_at: createdAt.toISOString(),
		})),
	};
}

const archivedAnalysisOf = (analysis: Analysis): ArchivedItem["analyses"][number] => ({
	id: analysis.id,
	version: analysis.version,
	description: structuredClone(analysis.description),
	provider: analysis.providerUsed,
	model: analysis.modelUsed,
	trace_id: analysis.traceId,
	usage: analysis.usage.map(usageToJson),
	verification: analysis.verification ? structuredClone({ ...analysis.verification }) : null,
	created_at: analysis.createdAt.toISOString(),
});

/** Writes a vector as an archive has it. */
export function vectorText(numbers: ArrayLike<number>): string {
	const bytes = new DataView(new ArrayBuffer(4 * numbers.length));
	for (let at = 0; at < numbers.length; at++) bytes.setFloat32(4 * at, numbers[at] as number, true);
	return Buffer.from(bytes.buffer).toString("base64");
}

/** Reads a vector of an archive. */
export function vectorOf(text: string): Float32Array {
	const bytes = Buffer.from(text, "base64");
	const numbers = new Float32Array(bytes.length >> 2);
	for (let at = 0; at < numbers.length; at++) numbers[at] = bytes.readFloatLE(4 * at);
	return numbers;
}

/** Half the precision is stored. */
const isUnit = (numbers: Float32Array) => Math.abs(Math.hypot(...numbers) - 1) < 0.01;

const areUnique = (values: (string | number)[]) => new Set(values).size === values.length;
