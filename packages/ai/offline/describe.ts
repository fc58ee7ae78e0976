import type { ImageDescription, TextLine } from "#core/items/analysis.ts";
import type { TakenAt } from "#core/items/taken-at.ts";
import type { VisionRequest } from "#core/ports/index.ts";
import { topicOf } from "./lexicon.ts";

type ImageFacts = Pick<VisionRequest, "originalFilename" | "takenAt" | "camera" | "colours" | "knownTags">;

/** Describes an image by what is certain about it: its recognised text, colours, EXIF and file name. It claims no objects and no moods. */
export function describe(recognised: TextLine[], facts: ImageFacts): ImageDescription {
	const lines = recognised.map(legible).filter((line) => line.words.length > 0);
	const text = lines.map(textOf);
	const content = lines.filter((line) => !isControls(line));
	const fileLabel = chosenFilename(facts.originalFilename);
	const topic = topicOf([...content.map(textOf), fileLabel].join("\n"));
	const title = titleOf(content);
	return {
		category: topic.category,
		subcategories: topic.subcategories,
		tags: tagsIn([...text, fileLabel].join("\n"), facts.knownTags),
		headline: title ?? photoTitle(fileLabel, facts),
		summary: [
			text.length > 0 && `Reads: ${openingOf(content.map(textOf))}.`,
			fileLabel && `Named ${fileLabel}.`,
			facts.colours.length > 0 && `Mostly ${joinNames(facts.colours)}.`,
			facts.takenAt && `Taken on ${dayOf(facts.takenAt)}.`,
			facts.camera && `Camera: ${facts.camera}.`,
		]
			.filter((sentence) => sentence)
			.join(" "),
		image_details: {
			extracted_text: text.slice(0, 500),
			objects: [],
			themes: topic.subjects,
			emotions: [],
			vibes: facts.colours,
			key_interest: "",
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

const maxTags = 5;
/** Shorter words stand in many texts by chance. */
const minTagLetters = 3;

/** Returns those of a person's tags whose words stand in a text, one after the other. */
function tagsIn(text: string, known: readonly string[]): string[] {
	const wordsOf = (each: string) =>
		each
			.normalize("NFC")
			.toLowerCase()
			.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
	const words = ` ${wordsOf(text).join(" ")} `;
	return known
		.filter((tag) => {
			const own = wordsOf(tag).join(" ");
			return own.length >= minTagLetters && words.includes(` ${own} `);
		})
		.slice(0, maxTags);
}

/** A line whose words are to be trusted, or less of it. */
type LegibleLine = Required<TextLine>;

/** Everything in a line of this confidence was written, however short: a code, a currency. */
const sureLine = 0.85;
/** In other lines a word of this confidence is mostly right. */
const sureWord = 0.7;

/** Keeps the words that were surely written, and drops the noise that pictures give. */
function legible(line: TextLine): LegibleLine {
	const words = line.words ?? [line];
	if (line.confidence >= sureLine) return { ...line, words };
	return {
		...line,
		words: words.filter(({ text, confidence }) => confidence >= sureWord && /[\p{L}\p{N}]/u.test(text)),
	};
}

function textOf(line: LegibleLine): string {
	return line.words
		.map((word) => word.text)
		.join(" ")
		.slice(0, 2_000);
}

const controls = new Set(
	"home discover inbox profile explore following shop for you friends search notifications settings menu reels see more less reply share save like comment cancel done edit back next".split(
		" ",
	),
);

/** Detects a row of an app's buttons, which says nothing about what the app shows. */
function isControls(line: LegibleLine): boolean {
	const words =
		textOf(line)
			.toLowerCase()
			.match(/\p{L}{2,}/gu) ?? [];
	const known = words.filter((word) => controls.has(word)).length;
	return known >= 2 && known * 3 >= words.length * 2;
}

/** A title of less sure words would be noise in large type. */
const sureTitle = 0.85;

/** Returns the largest, longest and best-read line: most likely what the image is about. */
function titleOf(lines: LegibleLine[]): string | null {
	let best: { text: string; weight: number } | null = null;
	for (const line of lines) {
		const words = line.words.filter(({ text, confidence }) => confidence >= sureTitle && !/^[#@]/.test(text));
		const text = words.map((word) => word.text).join(" ");
		const letters = text.match(/\p{L}/gu)?.length ?? 0;
		if (letters < 4 || letters * 2 < text.length) continue;
		const weight = line.box.height * Math.min(letters, 16);
		// Measured heights vary with the letters: of equals, the first is the title.
		if (weight > (best?.weight ?? 0) * 1.15) best = { text, weight };
	}
	return best?.text.slice(0, 120) ?? null;
}

function photoTitle(fileLabel: string, { colours, takenAt }: ImageFacts): string {
	return [
		fileLabel || "Photo",
		colours.length > 0 && `mostly ${joinNames(colours.slice(0, 2))}`,
		takenAt && `taken in ${monthOf(takenAt)}`,
	]
		.filter((part) => part)
		.join(", ");
}

/** Returns the first lines worth quoting, up to 400 characters. */
function openingOf(text: string[]): string {
	const telling = text.filter((line) => /\p{L}{3}/u.test(line));
	const opening = (telling.length > 0 ? telling : text).join(" / ");
	const end = opening.length > 400 ? opening.lastIndexOf(" ", 400) : 400;
	return opening.slice(0, end < 0 ? 400 : end).replace(/[\s/.,]+$/, "");
}

/** Returns words such as `@name` and `#topic`, without the mark. */
function taggedWords(mark: string, lines: LegibleLine[]): string[] {
	const words = lines
		.flatMap((line) => line.words)
		.filter((word) => word.confidence >= sureWord)
		.map((word) => /^(.)(\p{L}[\p{L}\p{N}_.]{2,})/u.exec(word.text))
		.filter((match) => match?.[1] === mark)
		.map((match) => match?.[2]?.replace(/\.+$/, "") ?? "");
	return [...new Set(words)].slice(0, 100);
}

/** Words of names that devices and apps give. */
const deviceNames = new Set(
	"image images img photo photos picture pic screenshot screen shot scan dsc dscn pxl mvimg whatsapp signal telegram download untitled file copy edited new final upload jpg jpeg png webp gif avif".split(
		" ",
	),
);

/** Returns the name that a person gave the file, or "" where a device did. */
function chosenFilename(filename: string): string {
	const words = filename
		.slice(0, 300)
		.replace(/\.[^.]*$/, "")
		.replace(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi, " ")
		.split(/[^\p{L}\p{M}]+/u)
		.filter((word) => word.length > 1);
	const telling = words.filter((word) => !deviceNames.has(word.toLowerCase()));
	return telling.some((word) => word.length > 3) ? telling.join(" ") : "";
}

function joinNames(names: string[]): string {
	const last = names.at(-1) ?? "";
	return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${last}` : last;
}

function dayOf(time: TakenAt): string {
	return `${Number(time.local.slice(8, 10))} ${monthOf(time)}`;
}

function monthOf({ local }: TakenAt): string {
	return new Date(`${local}Z`).toLocaleDateString("en", { month: "long", year: "numeric", timeZone: "UTC" });
}
