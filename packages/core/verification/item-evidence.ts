import type { Analysis, ImageDescription } from "../items/analysis.ts";
import { factPhrases } from "../items/fact-phrases.ts";
import type { Item } from "../items/item.ts";
import { placedText } from "../items/placed-text.ts";
import { shownWords } from "../items/shown-words.ts";
import type { ItemWithAnalysis } from "../ports/index.ts";
import { type Evidence, evidenceFrom } from "./evidence.ts";

/** Returns everything that is known of an item, as a search finds it; null before its first analysis. */
export function itemEvidence({ item, latestAnalysis, tags }: ItemWithAnalysis): Evidence | null {
	if (!latestAnalysis) return null;
	const { description } = latestAnalysis;
	const { category, headline, summary } = shownWords(item, latestAnalysis);
	return evidenceFrom(
		{ itemId: item.id, url: null },
		{
			lines: placedText(description),
			prose: [headline, summary, item.edits.summary === null ? description.image_details.key_interest : ""],
			labels: [category, ...tags, ...labelsOf(description), ...knownOf(item)],
			names: namesOf(description),
		},
	);
}

/** Returns what is known of an item without the model that described it: what OCR read, the file's own facts, the person's words. */
export function evidenceBesideModel(
	{ item, description, tags }: Pick<ItemWithAnalysis, "item" | "tags"> & { description: ImageDescription | null },
	otherVersions: readonly Pick<Analysis, "description">[],
): Evidence {
	const others = otherVersions.map(({ description }) => description);
	return evidenceFrom(
		{ itemId: item.id, url: null },
		{
			lines: description ? readLines(description) : [],
			prose: others.flatMap(({ headline, summary }) => [headline, summary]),
			// Of a list that is not the person's the tags are the model's.
			labels: [...(item.edits.tags ? tags : []), ...knownOf(item), ...others.flatMap(labelsOf)],
			names: others.flatMap(namesOf),
		},
	);
}

/** OCR's own lines, where it read the picture: a model may have made up what it says is written there. */
function readLines(description: ImageDescription) {
	const { text_lines: lines = [] } = description.image_details;
	return lines.length > 0 ? lines.map(({ text, box }) => ({ text, box })) : placedText(description);
}

/** The labels of a description. */
export const labelsOf = ({
	subcategories,
	image_details: details,
	media_metadata: media,
}: ImageDescription): string[] => [
	...factPhrases(details.facts ?? []),
	...subcategories,
	...media.hashtags,
	...details.objects,
	...details.themes,
	...details.emotions,
	...details.vibes,
];

/** The places and people that a description names. */
export const namesOf = ({ media_metadata: media }: ImageDescription): string[] => [
	...media.location_tags,
	...media.tagged_accounts,
	...(media.original_poster ? [media.original_poster] : []),
];

/** Of the file itself, and in the person's own words. */
const knownOf = ({ takenAt, camera, colours, note, edits }: Item): string[] => [
	...(takenAt ? [`Taken on ${takenAt.local.slice(0, 10)}`] : []),
	...(camera ? [camera] : []),
	...colours,
	...(note ? [note] : []),
	...Object.values(edits).filter((words) => typeof words === "string"),
];
