/** The kinds of facts that a picture's text may state, each with the words by which people ask for it. */
export const factNames = {
	total: "total",
	tax: "tax",
	amount: "amount",
	date: "date",
	due_date: "due date",
	expiry_date: "expiry date",
	time: "time",
	quantity: "quantity",
	merchant: "merchant",
	person: "person",
	phone: "phone number",
	email: "email address",
	url: "link",
	tracking_number: "tracking number",
	order_number: "order number",
	invoice_number: "invoice number",
	booking_code: "booking code",
	flight_number: "flight number",
	seat: "seat",
	gate: "gate",
	platform: "platform",
	iban: "IBAN",
	password: "password",
	code: "code",
} as const;

export type FactKind = keyof typeof factNames;
export const factKinds = Object.keys(factNames) as [FactKind, ...FactKind[]];

/** A value that a text states, in one form however it is written. */
export interface Fact {
	kind: FactKind;
	/**
	 * An amount has a decimal point and no other separators; a date is `2026-03-14`, or `--03-14` without a year; a time is
	 * `17:52`. A phone number has its digits alone, with the `+` if there is one.
	 */
	value: string;
	/** ISO 4217 of an amount, where known; the unit of a quantity. */
	unit: string | null;
	/** As it stands in the picture. */
	source_line: string;
}

/** A line of text, and what stands where its label would. */
export interface FactLine {
	text: string;
	/** The text to the left in the same row. */
	left?: string;
	/** The text above, in the same column. */
	above?: string;
}

/** A part of a line, and what it states. */
export interface Found {
	start: number;
	end: number;
	value: string;
	unit: string | null;
}

/** Writes a fact as a phrase with its name: `due date: 2026-03-14`. */
export const factPhrase = ({ kind, value, unit }: Pick<Fact, "kind" | "value" | "unit">) =>
	`${factNames[kind]}: ${unit === null ? value : `${value} ${unit}`}`;

const kindsByName = new Map(factKinds.map((kind) => [factNames[kind] as string, kind]));

/** Reads the kind of a phrase that `factPhrase` wrote; null for any other text. */
export function factKindOf(phrase: string): FactKind | null {
	const at = phrase.indexOf(": ");
	return at < 0 ? null : (kindsByName.get(phrase.slice(0, at)) ?? null);
}
