import { fold } from "#text/fold.ts";
import { splitSentences } from "#text/sentences.ts";
import { normalize } from "#text/tokens.ts";
import type { TextBox } from "../items/analysis.ts";
import { factsOf, type StatedFact } from "./facts.ts";
import { formsIn, isNegated } from "./words.ts";

/** A sentence or a line that claims are compared with. */
export interface Passage {
	text: string;
	box: TextBox | null;
	forms: ReadonlySet<string>;
	/** With the words of the line before: of a label above a value. */
	contextForms: ReadonlySet<string>;
	facts: StatedFact[];
	isNegated: boolean;
}

/** An item, or a page of the web, that claims are compared with. */
export interface Evidence {
	itemId: string | null;
	url: string | null;
	passages: Passage[];
	/** Of all passages together. */
	forms: ReadonlySet<string>;
	/** Its letters and digits alone, folded: readers differ in spaces and marks. */
	compact: string;
}

/** The texts that are known of an item. */
export interface EvidenceTexts {
	/** Prose, that is cut into sentences. */
	prose: string[];
	/** Lines of the picture, and where they stand. */
	lines: { text: string; box: TextBox | null }[];
	/** Labels and other short texts, each a passage. */
	labels: string[];
	/** Of places and people, in any case. @default none */
	names?: string[];
}

/** More of a page full of text are not compared. */
const maxPassages = 400;
const maxPassageLength = 1_000;

export function evidenceFrom(
	source: Pick<Evidence, "itemId" | "url">,
	{ prose, lines, labels, names = [] }: EvidenceTexts,
): Evidence {
	const ofPicture = lines.map(({ text, box }, at) => passageOf(text, box, lines[at - 1]?.text));
	const sentences = [...prose.flatMap(splitSentences), ...labels].map((text) => passageOf(text));
	const ofNames = names.map((name) => ({ ...passageOf(name), facts: [wholeName(name)] }));
	const passages = [...ofPicture, ...sentences, ...ofNames].filter(({ text }) => text).slice(0, maxPassages);
	return {
		...source,
		passages,
		forms: new Set(passages.flatMap(({ forms }) => [...forms])),
		compact: compactOf(passages.map(({ text }) => text).join(" ")),
	};
}

/** A longer line labels no other. */
const maxLabelLength = 60;

function passageOf(whole: string, box: TextBox | null = null, before = ""): Passage {
	const text = whole.trim().slice(0, maxPassageLength).toWellFormed();
	const forms = formsIn(text);
	const label = before.length <= maxLabelLength ? formsIn(before) : [];
	return {
		text,
		box,
		forms,
		contextForms: new Set([...forms, ...label]),
		facts: factsOf(text),
		isNegated: isNegated(text),
	};
}

const wholeName = (text: string): StatedFact => ({
	...{ kind: "name", text, start: 0, end: text.length, values: [fold(text)], unit: null },
});

/** Returns the letters and digits of a text alone, folded. */
export const compactOf = (text: string): string => fold(normalize(text)).replaceAll(/[^\p{L}\p{N}]/gu, "");
