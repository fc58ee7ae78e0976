import { findDates, isMonthName } from "#text/dates.ts";
import { findAmounts } from "#text/facts/amounts.ts";
import { type PlainText, plainText } from "#text/facts/any-word.ts";
import { findTimes } from "#text/facts/clock-times.ts";
import { findQuantities } from "#text/facts/quantities.ts";
import { fold } from "#text/fold.ts";
import { isStopWord, stemsOf } from "#text/languages.ts";
import { numberForms } from "#text/numbers.ts";
import { namesIn } from "./names.ts";

export type FactKind = "date" | "amount" | "time" | "quantity" | "code" | "number" | "name";

/** A value that a text states and that code can compare with another. */
export interface StatedFact {
	kind: FactKind;
	/** As it stands in the text. */
	text: string;
	/** Offsets in the normalised text. */
	start: number;
	end: number;
	/** Every reading, in one form however it is written. Of a date by parts: `2026-03-14`, `*-03-14`, `2026-03-*`. */
	values: string[];
	/** A currency, a unit, or the noun after a number; null where there is none. */
	unit: string | null;
}

type Found = Omit<StatedFact, "text">;

/** Finds the dates, amounts, times, quantities, codes, numbers and names that a text states, in their order. */
export function factsOf(raw: string): StatedFact[] {
	const line = plainText(raw);
	const taken = new Uint8Array(line.text.length);
	const facts: StatedFact[] = [];
	const add = (found: Found[]) => {
		for (const each of found) {
			if (taken.subarray(each.start, each.end).includes(1)) continue;
			taken.fill(1, each.start, each.end);
			facts.push({ ...each, text: line.text.slice(each.start, each.end).trim() });
		}
	};
	add(datesIn(line.text));
	add(findAmounts(line.plain).map((found) => ({ ...found, kind: "amount", values: [canonical(found.value)] })));
	add(findTimes(line.plain).map((found) => ({ ...found, kind: "time", values: [found.value] })));
	add(quantitiesIn(line.text));
	add(codesIn(line.text));
	add(numbersIn(line));
	add(namesIn(line.text).map((name) => ({ ...name, kind: "name", values: [fold(name.text)], unit: null })));
	return facts.sort((a, b) => a.start - b.start);
}

const canonical = (value: string) => (/^\d+(?:\.\d+)?$/.test(value) ? String(Number(value)) : value);

function datesIn(text: string): Found[] {
	return findDates(text)
		.filter(({ readings }) => readings.length < 3)
		.map(({ start, end, readings }) => ({
			kind: "date",
			start,
			end,
			values: readings.map(({ year, month, day }) => [year ?? "*", part(month), part(day)].join("-")),
			unit: null,
		}));
}

const part = (value: number | undefined) => (value === undefined ? "*" : String(value).padStart(2, "0"));

const units: Record<string, string> = {
	minute: "min",
	minutes: "min",
	minuten: "min",
	minutos: "min",
	hour: "h",
	hours: "h",
	hr: "h",
	hrs: "h",
	stunden: "h",
	std: "h",
	lbs: "lb",
	cups: "cup",
	metre: "m",
	metres: "m",
	meter: "m",
	meters: "m",
	kilometre: "km",
	kilometres: "km",
	kilometer: "km",
	kilometers: "km",
	litre: "l",
	litres: "l",
	liter: "l",
	liters: "l",
	gram: "g",
	grams: "g",
	kilo: "kg",
	kilos: "kg",
};
/** Units that are written out, beside those that `findQuantities` knows. */
const writtenOut =
	/(?<![\p{L}\p{N}.,:/])(?<number>\d{1,3}(?:,\d{3})+|\d{1,6}(?:[.,]\d{1,2})?)\s(?<unit>(?:kilo)?met(?:re|er)s?|lit(?:re|er)s?|grams?|kilos?)(?!\p{L})/giu;
const percent = /(?<![\p{L}\p{N}.,])(?<number>\d{1,4}(?:[.,]\d{1,3})?)\s?(?:%|percent(?!\p{L})|prozent(?!\p{L}))/giu;

function quantitiesIn(given: string): Found[] {
	// A 7-day trip, a 14-min walk.
	const text = given.replaceAll(/(?<=\d)-(?=\p{L})/gu, " ");
	const measures = findQuantities(text).map(({ value, unit, ...found }) => {
		const lower = unit?.toLowerCase() ?? "";
		return { ...found, kind: "quantity" as const, values: [canonical(value)], unit: units[lower] ?? lower };
	});
	const shares = [...text.matchAll(percent)].map(({ 0: match, index, groups }) => ({
		kind: "quantity" as const,
		start: index,
		end: index + match.length,
		values: [canonical((groups?.number ?? "").replace(",", "."))],
		unit: "%",
	}));
	const spelled = [...text.matchAll(writtenOut)].map(({ 0: match, index, groups }) => ({
		kind: "quantity" as const,
		start: index,
		end: index + match.length,
		values: numberForms(groups?.number ?? "").map(canonical),
		unit: units[groups?.unit?.toLowerCase() ?? ""] ?? null,
	}));
	return [...measures, ...spelled, ...shares];
}

/** A word with letters and digits: a flight, an order, a seat. */
const code =
	/(?<![\p{L}\p{N}])(?=[\p{L}\p{N}_/-]*\p{N})(?=[\p{L}\p{N}_/-]*\p{L})[\p{L}\p{N}]+(?:[_/-][\p{L}\p{N}]+)*(?![\p{L}\p{N}])/gu;
/** Words such as `7-day` and `2nd` have a number, and are none. */
const noCode = /^(?:\d+(?:st|nd|rd|th|s|x)|x\d+|\d+(?:-\p{Ll}{2,})+)$/iu;

function codesIn(text: string): Found[] {
	return [...text.matchAll(code)]
		.filter(([match]) => !noCode.test(match))
		.map(({ 0: match, index }) => ({
			kind: "code",
			start: index,
			end: index + match.length,
			values: [fold(match).replaceAll(/[^\p{L}\p{N}]/gu, "")],
			unit: null,
		}));
}

const digits = /(?<![\p{L}\p{N}.,:/])\d{1,12}(?:[.,']\d{1,9})*(?!\p{N})/gu;
/** The noun that a number counts. */
const noun = /^(?:[\s-]{1,2})(\p{Ll}{2,})/u;

function numbersIn({ text }: PlainText): Found[] {
	return [...text.matchAll(digits)].map(({ 0: match, index }) => {
		const end = index + match.length;
		const [, counted] = noun.exec(text.slice(end)) ?? [];
		const unit =
			counted && !isMonthName(counted) && !isStopWord(counted, ["en"])
				? (stemsOf(counted, ["en"])[0] ?? counted)
				: null;
		return { kind: "number", start: index, end, values: numberForms(match).map(canonical), unit };
	});
}
