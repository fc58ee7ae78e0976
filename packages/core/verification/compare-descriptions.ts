import type { ImageDescription } from "../items/analysis.ts";
import type { Item } from "../items/item.ts";
import type { ComparedField, ComparedRun, ModelComparison } from "./comparison.ts";
import { compactOf, type Evidence } from "./evidence.ts";
import { evidenceBesideModel } from "./item-evidence.ts";
import { verifyDescription } from "./verify-description.ts";

type Described = Omit<ComparedRun, "verification">;
type Version = { description: ImageDescription };

/** The fields of a description, as texts. Of lists the order says nothing. */
const fieldsOf = ({ category, headline, summary, tags, image_details, media_metadata }: ImageDescription) => ({
	category: [category],
	headline: [headline],
	summary: [summary],
	key_interest: [image_details.key_interest],
	picture_kind: [image_details.picture_kind ?? ""],
	extracted_text: image_details.extracted_text,
	facts: (image_details.facts ?? []).map(({ kind, value, unit }) => [kind, value, unit ?? ""].join(" ").trim()),
	objects: image_details.objects,
	tags,
	places: media_metadata.location_tags,
});
type Field = keyof ReturnType<typeof fieldsOf>;

/**
 * Compares two descriptions of an item field by field, and checks each by what neither model says: the text that OCR read,
 * the file's own facts, the person's words, and the item's versions.
 */
export function compareDescriptions(
	item: Item,
	described: [Described, Described],
	versions: readonly Version[],
): ModelComparison {
	const all = [
		...described.flatMap(({ description }) => description ?? []),
		...versions.map(({ description }) => description),
	];
	const read = all.map(({ image_details }) => image_details.text_lines ?? []).find((lines) => lines.length > 0) ?? [];
	const runs = described.map((run) => {
		const description = run.description && withLines(run.description, read);
		return { ...run, verification: description && verifyDescription(item, description, versions) };
	}) as [ComparedRun, ComparedRun];
	const [first, second] = described;
	const fields =
		first.description && second.description
			? fieldsBetween(
					[fieldsOf(first.description), fieldsOf(second.description)],
					runs,
					read.length > 0
						? evidenceBesideModel({ item, description: withLines(first.description, read), tags: [] }, versions)
						: null,
				)
			: [];
	return { runs: runs.map(withoutLines) as [ComparedRun, ComparedRun], fields };
}

function fieldsBetween(
	[first, second]: [ReturnType<typeof fieldsOf>, ReturnType<typeof fieldsOf>],
	runs: [ComparedRun, ComparedRun],
	readText: Evidence | null,
): ComparedField[] {
	return (Object.keys(first) as Field[]).map((field) => {
		const values: [string[], string[]] = [first[field].filter(Boolean), second[field].filter(Boolean)];
		return {
			field,
			differs: keyOf(values[0]) !== keyOf(values[1]),
			values,
			supported: runs.map((run, at) =>
				isSupported(field, run, values[at] ?? [], readText),
			) as ComparedField["supported"],
		};
	});
}

const claimed: readonly Field[] = ["headline", "summary", "key_interest"];

function isSupported(
	field: Field,
	{ verification, description }: ComparedRun,
	values: string[],
	readText: Evidence | null,
): boolean | null {
	if (values.length === 0) return null;
	if (claimed.includes(field)) return verification && !verification.unsupported.some((each) => each.field === field);
	if (!readText) return null;
	const isRead = (text: string) => readText.compact.includes(compactOf(text));
	if (field === "extracted_text") return values.every(isRead);
	if (field === "facts")
		return (description?.image_details.facts ?? []).every(({ source_line }) => isRead(source_line));
	return null;
}

const keyOf = (texts: string[]) => JSON.stringify([...new Set(texts.map(compactOf))].sort());

const withLines = (
	description: ImageDescription,
	text_lines: NonNullable<ImageDescription["image_details"]["text_lines"]>,
): ImageDescription => ({ ...description, image_details: { ...description.image_details, text_lines } });

/** The places of lines are many, and no comparison shows them. */
function withoutLines(run: ComparedRun): ComparedRun {
	if (!run.description) return run;
	const { text_lines: _, ...image_details } = run.description.image_details;
	return { ...run, description: { ...run.description, image_details } };
}
