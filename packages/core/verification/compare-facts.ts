import { editDistance } from "#text/corrections.ts";
import { fold } from "#text/fold.ts";
import { wholePart } from "#text/numbers.ts";
import { compactOf, type Evidence, type Passage } from "./evidence.ts";
import type { FactKind, StatedFact } from "./facts.ts";

/** Kinds whose values are numbers. */
const numeric: readonly FactKind[] = ["amount", "quantity", "number"];

const isComparable = (a: FactKind, b: FactKind): boolean => a === b || (numeric.includes(a) && numeric.includes(b));

/** The currencies that a sign alone may stand for. */
const families = [
	["USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "BRL", "TWD"],
	["JPY", "CNY"],
	["kr", "SEK", "DKK", "NOK"],
];

/** True where nothing says that two values are of different units. The noun that a number counts is no unit. */
export function haveSameUnit(a: StatedFact, b: StatedFact): boolean {
	if (a.unit === null || b.unit === null || a.kind === "number" || b.kind === "number") return true;
	if (a.kind !== b.kind) return false;
	return a.unit === b.unit || families.some((family) => family.includes(a.unit ?? "") && family.includes(b.unit ?? ""));
}

/** True where a passage's fact states the value of a claim's. */
export function statesSame(claimed: StatedFact, found: StatedFact): boolean {
	if (!isComparable(claimed.kind, found.kind)) return false;
	if (claimed.kind === "date") {
		return claimed.values.some((a) => found.values.some((b) => agree(a, b) && precision(b) >= precision(a)));
	}
	if (!haveSameUnit(claimed, found)) return false;
	return haveCommonValue(claimed, found);
}

/** A whole number may stand for an amount with cents. */
const haveCommonValue = (claimed: StatedFact, found: StatedFact): boolean =>
	claimed.values.some((a) => found.values.some((b) => a === b || (!a.includes(".") && wholePart(b) === a)));

/** True where a passage's fact cannot be true beside the claim's: it is of the same kind and unit, and of another value. */
export function statesOther(claimed: StatedFact, found: StatedFact): boolean {
	const isBare = claimed.kind === "number" && claimed.unit === null && found.kind === "amount";
	if ((claimed.kind !== found.kind && !isBare) || claimed.kind === "name") return false;
	if (claimed.kind === "date") return !claimed.values.some((a) => found.values.some((b) => agree(a, b)));
	if (claimed.kind === "number" && claimed.unit !== null && found.unit !== null && claimed.unit !== found.unit)
		return false;
	if (!haveSameUnit(claimed, found)) return claimed.kind === "amount" && haveCommonValue(claimed, found);
	return !statesSame(claimed, found);
}

const datePart = /^(\d{4}|\*)-(\d{2}|\*)-(\d{2}|\*)$/;
const partsOf = (date: string) => datePart.exec(date)?.slice(1) ?? [];

/** Two dates agree where no part that both have differs, and they have one in common. */
function agree(a: string, b: string): boolean {
	const [first, second] = [partsOf(a), partsOf(b)];
	const both = first.map((part, at) => [part, second[at]] as const).filter((pair) => !pair.includes("*"));
	return both.length > 0 && both.every(([one, another]) => one === another);
}

/** A year is often left out, and says less than a day. */
const precision = (date: string) => partsOf(date).filter((part, at) => at > 0 && part !== "*").length;

/** True where an item has the value that a claim states: as a fact, as a part of a year's date, or in its letters. */
export function isStated(fact: StatedFact, evidence: Evidence): boolean {
	if (fact.kind === "name") return hasName(fact.text, evidence);
	if (fact.kind === "code" && evidence.compact.includes(fact.values[0] ?? "")) return true;
	if (
		fact.kind === "number" &&
		fact.values.some((value) => numberWords[value]?.some((word) => evidence.forms.has(word)))
	)
		return true;
	return evidence.passages.some(({ facts }) =>
		facts.some((found) => statesSame(fact, found) || isPartOfDate(fact, found)),
	);
}

/** Small numbers as texts write them in words. */
const numberWords: Record<string, string[]> = Object.fromEntries(
	[
		"two zwei deux dos due",
		"three drei trois tres tre",
		"four vier quatre cuatro quattro",
		"five fünf cinq cinco cinque",
		"six sechs six seis sei",
		"seven sieben sept siete sette",
		"eight acht huit ocho otto",
		"nine neun neuf nueve nove",
		"ten zehn dix diez dieci",
		"eleven elf onze once undici",
		"twelve zwölf douze doce dodici",
	].map((words, at) => [String(at + 2), words.split(" ").map(fold)]),
);

/** A year, or a day of a month, that stands in a date. */
function isPartOfDate({ kind, values }: StatedFact, found: StatedFact): boolean {
	if (kind !== "number" || found.kind !== "date") return false;
	return found.values.some((date) => partsOf(date).some((part) => values.includes(String(Number(part)))));
}

const minFuzzyLength = 6;
const prefixLength = 5;

/** True where an item has every part of a name, perhaps misread by a letter or in another form: Japan, Japanese. */
export function hasName(name: string, { forms, compact }: Evidence): boolean {
	const whole = compactOf(name);
	if (whole.length >= prefixLength && compact.includes(whole)) return true;
	return nameParts(name).every((part) => hasPart(part, forms));
}

export const nameParts = (name: string): string[] =>
	name
		.split(/[^\p{L}\p{N}]+/u)
		.map(fold)
		.filter((part) => part.length > 1);

export function hasPart(part: string, forms: ReadonlySet<string>): boolean {
	if (forms.has(part)) return true;
	if (part.length < prefixLength) return false;
	for (const form of forms) {
		if (form.length < prefixLength || form.includes(":")) continue;
		if (form.startsWith(part.slice(0, prefixLength)) || part.startsWith(form.slice(0, prefixLength))) return true;
		if (part.length >= minFuzzyLength && Math.abs(form.length - part.length) <= 1 && editDistance(form, part, 1) === 1)
			return true;
	}
	return false;
}

/** Returns the names of a passage of which the claim does not have every part. */
export const otherNames = (passage: Passage, claimForms: ReadonlySet<string>): StatedFact[] =>
	passage.facts.filter(
		({ kind, text }) => kind === "name" && !nameParts(text).every((part) => hasPart(part, claimForms)),
	);
