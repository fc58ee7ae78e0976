import type { PictureKind } from "#core/items/picture-kind.ts";
import type { Fact, FactKind } from "#text/facts/fact.ts";
import { factsOf } from "./facts.ts";
import { type Heading, headingOf } from "./heading.ts";
import { kindOf } from "./kind.ts";
import { layoutOf, rowsOf } from "./layout.ts";
import { isControls, type LegibleLine, textOf } from "./legible-lines.ts";

/** A picture's text as it is understood. */
export interface Page extends Heading {
	kind: PictureKind;
	/** Without rows of an app's buttons. */
	lines: LegibleLine[];
	texts: string[];
	/** The same with the pieces of a row as one text. */
	rows: string[];
	facts: Fact[];
}

/** Reads what a picture's lines are about. */
export function pageOf(lines: LegibleLine[]): Page {
	const content = lines.filter((line) => !isControls(line));
	const layout = layoutOf(content);
	const found = factsOf(content);
	const kind = kindOf(layout, found.all);
	const heading = headingOf(content);
	return {
		kind,
		lines: content,
		texts: content.map(textOf),
		rows: rowsOf(content),
		...heading,
		facts: found.for(kind, heading.title),
	};
}

/** Returns the first fact of a kind. */
export const factIn = ({ facts }: Pick<Page, "facts">, kind: FactKind) => facts.find((fact) => fact.kind === kind);

/** Returns the values of all facts of a kind. */
export const valuesIn = ({ facts }: Pick<Page, "facts">, kind: FactKind) =>
	facts.filter((fact) => fact.kind === kind).map(({ value }) => value);
