import type { ImageDescription, TextLine } from "#core/items/analysis.ts";
import type { PictureKind } from "#core/items/picture-kind.ts";
import type { VisionRequest } from "#core/ports/index.ts";
import { topicOf } from "../lexicon.ts";
import { chosenFilename } from "./file-label.ts";
import { day, joinNames } from "./format.ts";
import { isControls, legible, textOf } from "./legible-lines.ts";
import { pageOf } from "./page.ts";
import { photoSummary, photoTitle } from "./photo.ts";
import { taggedWords, tagsIn } from "./tags.ts";
import { wordings } from "./wordings/index.ts";

/** The knowledge about an image beside its text. */
export type ImageFacts = Pick<
	VisionRequest,
	"originalFilename" | "takenAt" | "camera" | "colours" | "knownTags" | "width" | "height"
>;

const maxTexts = 500;

/**
 * Describes an image by what is certain about it: its recognised text and what that states, colours, EXIF and file name.
 * It claims no objects and no moods.
 */
export function describe(recognised: TextLine[], image: ImageFacts): ImageDescription {
	const lines = recognised.map(legible).filter((line) => line.words.length > 0);
	const text = lines.map(textOf);
	const content = lines.filter((line) => !isControls(line));
	const fileLabel = chosenFilename(image.originalFilename);
	const topic = topicOf([...content.map(textOf), fileLabel].join("\n"));
	const page = pageOf(lines);
	const { headline, summary } =
		page.kind === "photo"
			? { headline: photoTitle(fileLabel, image), summary: photoSummary(image) }
			: wordings[page.kind](page);
	const kindName = page.kind === "photo" || page.kind === "unknown" ? [] : [page.kind.replace("_", " ")];
	return {
		category: topic.category === "Other" ? (categories[page.kind] ?? topic.category) : topic.category,
		subcategories: [...new Set([...kindName, ...topic.subcategories])],
		tags: tagsIn([...text, fileLabel].join("\n"), image.knownTags),
		headline,
		summary: [
			...summary,
			fileLabel && `Named ${fileLabel}.`,
			image.colours.length > 0 && `Mostly ${joinNames(image.colours)}.`,
			image.takenAt && `Taken on ${day(image.takenAt.local.slice(0, 10))}.`,
			image.camera && `Camera: ${image.camera}.`,
		]
			.filter((sentence) => sentence)
			.join(" "),
		image_details: {
			extracted_text: text.slice(0, maxTexts),
			objects: [],
			themes: topic.subjects,
			emotions: [],
			vibes: image.colours,
			key_interest: "",
			picture_kind: page.kind,
			facts: page.facts,
		},
		media_metadata: {
			original_poster: null,
			tagged_accounts: taggedWords("@", lines),
			location_tags: [],
			hashtags: taggedWords("#", lines),
			audio_source: null,
		},
	};
}

/** Where the words of a picture do not tell its category. */
const categories: Partial<Record<PictureKind, string>> = {
	receipt: "Shopping",
	invoice: "Finance",
	ticket: "Entertainment",
	boarding_pass: "Travel",
	chat: "Social",
	code: "Technology",
	error: "Technology",
	recipe: "Food",
	event: "Entertainment",
	parcel: "Shopping",
	contact: "People",
	map: "Travel",
};
