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
}

/** More of a page full of text are not compared. */
const maxPassages = 400;
const maxPassageLength = 1_000;

export function evidenceFrom(
	source: Pick<Evidence, "itemId" | "url">,
	{ prose, lines, labels }: EvidenceTexts,
): Evidence {
	const sentences = prose.flatMap(splitSentences).map((text) => ({ text, box: null, before: "" }));
	const ofPicture = lines.map(({ text, box }, at) => ({ text, box, before: lines[at - 1]?.text ?? "" }));
	const others = labels.map((text) => ({ text, box: null, before: "" }));
	const passages = [...ofPicture, ...sentences, ...others]
		.filter(({ text }) => text.trim())
		.slice(0, maxPassages)
		.map(({ text: whole, box, before }): Passage => {
			const text = whole.trim().slice(0, maxPassageLength).toWellFormed();
			const forms = formsIn(text);
			const label = before.length <= 60 ? formsIn(before) : [];
			return {
				text,
				box,
				forms,
				contextForms: new Set([...forms, ...label]),
				facts: factsOf(text),
				isNegated: isNegated(text),
			};
		});
	return {
		...source,
		passages,
		forms: new Set(passages.flatMap(({ forms }) => [...forms])),
		compact: compactOf(passages.map(({ text }) => text).join(" ")),
	};
}

/** Returns the letters and digits of a text alone, folded. */
export const compactOf = (text: string): string => fold(normalize(text)).replaceAll(/[^\p{L}\p{N}]/gu, "");
