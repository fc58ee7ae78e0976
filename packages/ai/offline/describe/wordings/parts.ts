import type { FactKind } from "#text/facts/fact.ts";
import { day, joinNames, money } from "../format.ts";
import { openingOf } from "../opening.ts";
import { factIn, type Page, valuesIn } from "../page.ts";

/** A picture's title and what is to be known of it, as sentences. */
export interface Wording {
	headline: string;
	summary: string[];
}

export const isText = (text: string | null | undefined | false): text is string => Boolean(text);

/** Returns the first amount of a kind as an English text writes it. */
export function amountIn(page: Page, kind: "total" | "tax"): string | null {
	const fact = factIn(page, kind);
	return fact ? money(fact) : null;
}

/** Returns the first date of a kind as an English text writes it. */
export function dayIn(page: Page, kind: "date" | "due_date" | "expiry_date"): string | null {
	const fact = factIn(page, kind);
	return fact ? day(fact.value) : null;
}

/** Values that are worth a sentence. */
const names = {
	phone: "Phone",
	email: "E-mail",
	url: "Page",
	order_number: "Order number",
	code: "Code",
	password: "Password",
	expiry_date: "Valid until",
	due_date: "Due on",
} as const satisfies Partial<Record<FactKind, string>>;
const maxValues = 3;

/** States facts, a sentence for each kind. */
export function factSentences(page: Page, ...kinds: (keyof typeof names)[]): string[] {
	return kinds.flatMap((kind) => {
		const values = valuesIn(page, kind).slice(0, maxValues);
		const shown = kind.endsWith("_date") ? values.map(day) : values;
		return shown.length > 0 ? [`${names[kind]}: ${joinNames(shown)}.`] : [];
	});
}

/** Quotes the beginning of the text that is not said already. */
export function quote(page: Page, ...said: string[]): string | null {
	const rest = page.rows.filter((text) => !said.includes(text) && !page.titleTexts.includes(text));
	const opening = openingOf(rest.length > 0 ? rest : page.rows);
	return opening ? `It says: ${opening}` : null;
}
