import { z } from "zod";
import { factKinds } from "#text/facts/fact.ts";
import type { Contradiction, RiskLevel, Verdict } from "../verification/verdict.ts";
import { factPhrases } from "./fact-phrases.ts";
import { type Item, unedited } from "./item.ts";
import { pictureKinds } from "./picture-kind.ts";

const words = z.array(z.string().max(2_000)).max(500).default([]);

const fraction = z.number().min(0).max(1);

/** A part of an upright image, in fractions of its width and height. */
const textBox = z.object({ x: fraction, y: fraction, width: fraction, height: fraction });
export type TextBox = z.infer<typeof textBox>;

/** A line of text where a reader found it. */
const textLine = z.object({ text: z.string().max(2_000), confidence: fraction, box: textBox });

/** A word of a line, with the reader's confidence. */
export type TextWord = z.infer<typeof textLine>;

/** A line of text as a reader returns it. Its words are not stored. */
export interface TextLine extends TextWord {
	words?: TextWord[];
}

/** A value that the image's text states; `Fact` says how values are written. */
const fact = z.object({
	kind: z.enum(factKinds),
	value: z.string().min(1).max(500),
	unit: z.string().max(40).nullable(),
	source_line: z.string().max(2_000),
});

/** A vision model's answer about an image; stored whole as `raw_response`. */
export const imageDescription = z.object({
	category: z.string().min(1).max(100),
	subcategories: words,
	/** Suggestions, of which an item gets the first `maxSuggestedTags`. */
	tags: words,
	headline: z.string().max(1_000),
	summary: z.string().max(10_000),
	image_details: z.looseObject({
		extracted_text: words,
		objects: words,
		themes: words,
		emotions: words,
		vibes: words,
		key_interest: z.string().max(2_000).default(""),
		/** Absent from analyses that were made before there were kinds and facts. */
		picture_kind: z.enum(pictureKinds).optional(),
		facts: z.array(fact).max(200).optional(),
		/** Only of readers that know where a line is and how sure they are of it. */
		text_lines: z.array(textLine).max(500).optional(),
		/** False where a reader gave up before the end. */
		text_complete: z.boolean().optional(),
	}),
	media_metadata: z.looseObject({
		original_poster: z.string().max(500).nullable().default(null),
		tagged_accounts: words,
		location_tags: words,
		hashtags: words,
		audio_source: z.string().max(500).nullable().default(null),
	}),
});
export type ImageDescription = z.infer<typeof imageDescription>;

/** A shortcoming of an item that is ready, for its owner. */
export interface ItemWarning {
	code: "text_incomplete" | "file_damaged";
	/** A sentence for the owner. */
	detail: string;
}

/** Lists the warnings about an item. A reader that gives up says so in `text_complete` of its description. */
export function warningsOf({ damaged }: { damaged: boolean }, description?: ImageDescription): ItemWarning[] {
	const warnings: ItemWarning[] = [];
	if (damaged) {
		warnings.push({
			code: "file_damaged",
			detail:
				"The file is damaged or ends early, so a part of the picture may be missing: if you have it elsewhere, export it again and upload that.",
		});
	}
	if (description?.image_details.text_complete === false) {
		warnings.push({
			code: "text_incomplete",
			detail:
				"The text in this image was not read to the end, since that would take too long: searches may miss words of it.",
		});
	}
	return warnings;
}

/** One answered, and so billed, call of a model, even if its answer was unusable. */
export interface TokenUsage {
	provider: string;
	model: string;
	inputTokens: number;
	outputTokens: number;
	/** Null where the model's price is unknown. */
	costUsd: number | null;
}

/** One answered call on the way to an analysis. */
export interface ModelUsage extends TokenUsage {
	purpose: "vision" | "repair" | "embedding";
}

/** One version of the description of an item; the highest version is current. */
export interface Analysis {
	id: string;
	itemId: string;
	userId: string;
	version: number;
	description: ImageDescription;
	providerUsed: string;
	modelUsed: string;
	traceId: string | null;
	/** Every call made for it, failed attempts and its embedding included, oldest first. */
	usage: ModelUsage[];
	/** Absent where there was nothing to compare it with, and from analyses made before there was any. */
	verification?: DescriptionVerification;
	createdAt: Date;
}

/** The outcome of comparing a description with the picture's own text. */
export interface DescriptionVerification {
	/** 0 to 100; null without a claim. */
	accuracyScore: number | null;
	riskLevel: RiskLevel;
	/** The claims that nothing supports. */
	unsupported: {
		field: "headline" | "summary" | "key_interest";
		text: string;
		verdict: Exclude<Verdict, "supported">;
		contradiction: Contradiction | null;
		/** A sentence for the owner. */
		reason: string;
	}[];
}

/** The text of an item by search weight: full-text search and the embedding use the same. */
export interface SearchText {
	headline: string;
	summary: string;
	/** The person's own. */
	note: string;
	/** Category, tags, facts, places, objects, themes: one phrase a line. */
	labels: string;
	/** Text seen in the image. */
	extractedText: string;
}

/** A person's own words about an item. */
export interface OwnWords extends Pick<Item, "edits" | "note"> {
	/** The model's, too, unless the person has removed them. */
	tags: readonly string[];
}

const noWords: OwnWords = { ...unedited, tags: [] };

/** A PostgreSQL tsvector holds 1 MB; this keeps the five fields well below it. */
const maxField = 100_000;

/** Builds the search text of an analysis, with the person's own words instead of the model's. */
export function searchText(description: ImageDescription, { edits, note, tags }: OwnWords = noWords): SearchText {
	const details = description.image_details;
	const media = description.media_metadata;
	const lines = (...groups: (readonly (string | null)[])[]) =>
		[...new Set(groups.flat().filter((line) => line))].join("\n").slice(0, maxField);
	return {
		headline: edits.headline ?? description.headline,
		// It is shown with a hit, so nothing of the model's follows the person's own.
		summary: edits.summary ?? lines([description.summary, details.key_interest]),
		note: note ?? "",
		labels: lines(
			[edits.category ?? description.category],
			tags,
			factPhrases(details.facts ?? []),
			description.subcategories,
			media.location_tags,
			media.hashtags,
			[media.original_poster],
			media.tagged_accounts,
			details.objects,
			details.themes,
			details.emotions,
			details.vibes,
			edits.summary === null ? [] : [details.key_interest],
		),
		extractedText: lines(details.extracted_text),
	};
}

/** Joins the search text for an embedding model, the most informative part first. */
export function embeddingText(text: SearchText): string {
	return [text.headline, text.summary, text.note, text.labels, text.extractedText]
		.filter((part) => part)
		.join("\n")
		.slice(0, maxField);
}
