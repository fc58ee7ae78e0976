import { findDates, type NamedDate } from "../dates.ts";
import { findAmounts, findBareAmounts } from "./amounts.ts";
import { type PlainText, plainText } from "./any-word.ts";
import { findTimes } from "./clock-times.ts";
import { findFlights, findFormedCodes, findLabelledCodes, findPlaces, labelsOf } from "./codes.ts";
import { findEmails, findLinks, findPhones } from "./contact-details.ts";
import type { Fact, FactKind, FactLine, Found } from "./fact.ts";
import { dueAfter, dueLabel, expiryLabel, flightPage, partLabel, taxLabel, totalLabels } from "./labels.ts";
import { findPeople } from "./people.ts";

/** More are of tables, which searches find by their text. */
export const maxFacts = 60;
/** A longer line is prose, or a page in one. */
const maxLineLength = 400;
const maxLines = 300;

type Labelled = Found & { kind: FactKind };

/** A line while it is read. */
interface ReadLine {
	raw: string;
	line: PlainText;
	labels: PlainText[];
	found: Labelled[];
}

/** Finds the facts of a text, in the order of its lines; each value of a kind once. */
export function findFacts(lines: readonly FactLine[]): Fact[] {
	const read = lines
		.filter(({ text }) => text.length <= maxLineLength)
		.slice(0, maxLines)
		.map((line) => ({
			raw: line.text,
			line: plainText(line.text),
			labels: labelsOf(line).map(plainText),
			found: [] as Labelled[],
		}));
	const page = plainText(read.map(({ line }) => line.text).join("\n"));
	const conventions = conventionsOf(page);
	for (const each of read) readValues(each, conventions);
	readAmounts(read, conventions);
	for (const { name, at } of findPeople(read)) {
		read[at]?.found.push({ kind: "person", start: 0, end: 0, value: name, unit: null });
	}
	return distinct(
		read.flatMap(({ raw, found }) =>
			found
				.toSorted((a, b) => a.start - b.start)
				.map(({ kind, value, unit }) => ({ kind, value, unit, source_line: raw })),
		),
	).slice(0, maxFacts);
}

/** Finds the facts of lines whose places are unknown: the line above a bare value is its label. */
export function findFactsInText(texts: readonly string[]): Fact[] {
	return findFacts(
		texts.map((text, at) => {
			const before = texts[at - 1];
			return before !== undefined && before.length <= 40 && !/\p{N}/u.test(before) ? { text, above: before } : { text };
		}),
	);
}

/** The way in which a page writes its values. */
interface Conventions {
	isMonthFirst: boolean;
	isAboutFlights: boolean;
	/** Of the amounts without one. */
	currency: string | null;
	/** The currencies that the page's `¥` and `$` stand for, by the usual ones. */
	units: ReadonlyMap<string, string>;
}

function conventionsOf(page: PlainText): Conventions {
	const isChinese = /\p{Script=Han}/u.test(page.text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(page.text);
	const amounts = findAmounts(page.plain);
	const dollars = amounts.find(
		({ unit }) => unit !== null && unit !== "USD" && /^(?:CAD|AUD|NZD|MXN|SGD|HKD)$/.test(unit),
	);
	const units = new Map<string, string>();
	if (isChinese) units.set("JPY", "CNY");
	if (dollars?.unit) units.set("USD", dollars.unit);
	const counts = new Map<string, number>();
	for (const { unit } of amounts) if (unit) counts.set(unit, (counts.get(unit) ?? 0) + 1);
	const [named] = [...counts].sort(([, a], [, b]) => b - a).map(([unit]) => unit);
	const currency =
		named ?? /(?<![a-z])(?:eur|usd|gbp|chf|mxn|cad|pln|sek)(?![a-z])/.exec(page.plain)?.[0].toUpperCase() ?? null;
	return {
		// The month stands first where dollars are paid or the day has two halves, unless euros or pounds say otherwise.
		isMonthFirst:
			/\$|\b\d{1,2}:\d{2} ?[ap]m\b/.test(page.plain) && !/[€£]|\b(?:eur|gbp|mxn|aud|nzd)\b/.test(page.plain),
		isAboutFlights: flightPage.test(page.plain),
		currency: currency && (units.get(currency) ?? currency),
		units,
	};
}

/** Finds all but amounts and people, the surest form first. */
function readValues({ line, labels, found }: ReadLine, { isMonthFirst, isAboutFlights }: Conventions): void {
	const isFree = ({ start, end }: Found) => !found.some((each) => each.start < end && start < each.end);
	const add = (values: Labelled[]) => found.push(...values.filter(isFree));
	const as = (kind: FactKind, values: Found[]) => add(values.map((value) => ({ ...value, kind })));
	const context = labels.map(({ plain }) => plain).join(" ");
	as("email", findEmails(line.text));
	as("url", findLinks(line.text));
	add(findFormedCodes(line.text));
	add(findLabelledCodes(line, labels));
	if (isAboutFlights) add(findFlights(line, labels));
	const dates = findDates(line.text).filter(({ readings }) => readings.length < 3);
	add(dates.flatMap((date) => labelledDate(date, line, context, isMonthFirst)));
	as("phone", findPhones(line, context));
	as("time", findTimes(line.plain));
	add(findPlaces(line, labels));
}

function labelledDate(date: NamedDate, { text, plain }: PlainText, context: string, isMonthFirst: boolean): Labelled[] {
	const { start, end, readings } = date;
	const [first, second] = readings;
	const reading = isMonthFirst && second ? second : first;
	if (reading?.day === undefined || reading.month === undefined) return [];
	const two = (value: number) => String(value).padStart(2, "0");
	const value = `${reading.year ?? "-"}-${two(reading.month)}-${two(reading.day)}`;
	const before = plain.slice(Math.max(0, start - 80), start);
	const label = /\p{L}/u.test(before) ? before : context;
	const after = text.slice(end);
	const kind = expiryLabel.test(label)
		? "expiry_date"
		: dueLabel.test(label) || dueAfter.test(after)
			? "due_date"
			: "date";
	return [{ kind, start, end, value, unit: null }];
}

/** Amounts with their currency are facts; the total and taxes also without one, beside or below their label. */
function readAmounts(lines: ReadLine[], { currency, units }: Conventions): void {
	const candidates: { at: number; amount: Labelled; strength: number }[] = [];
	let amounts = 0;
	for (const [at, { line, labels, found }] of lines.entries()) {
		const written = findAmounts(line.plain).map((each) => ({ ...each, unit: units.get(each.unit ?? "") ?? each.unit }));
		const isFree = ({ start, end }: Found) =>
			!found.some((each) => each.kind !== "time" && each.start < end && start < each.end);
		const bare = findBareAmounts(line.plain, currency).filter(
			({ start, end }) => !written.some((each) => each.start < end && start < each.end),
		);
		let from = 0;
		for (const each of [...written, ...bare].filter(isFree).sort((a, b) => a.start - b.start)) {
			const own = line.plain.slice(from, each.start);
			const label = /\p{L}{2}/u.test(own)
				? own
				: (labels.map(({ plain }) => plain).find((text) => /\p{L}/u.test(text)) ?? "");
			const isWritten = written.includes(each as (typeof written)[number]);
			from = each.end;
			amounts += isWritten ? 1 : 0;
			const strength =
				partLabel.test(label) && !totalLabels[0]?.test(label)
					? -1
					: totalLabels.findIndex((pattern) => pattern.test(label));
			if (taxLabel.test(label) && !/total|ttc|gesamt|summe/.test(label)) found.push({ ...each, kind: "tax" });
			else if (strength >= 0 && (isWritten || strength < 2))
				candidates.push({ at, amount: { ...each, kind: "total" }, strength });
			else if (isWritten) found.push({ ...each, kind: "amount" });
		}
	}
	// The last of equals: above it stand those of its parts.
	const best = candidates
		.filter(({ strength }) => strength < 2 || amounts === 1)
		.reduce<(typeof candidates)[number] | null>(
			(best, each) => (!best || each.strength <= best.strength ? each : best),
			null,
		);
	for (const each of candidates) {
		const line = lines[each.at];
		if (each === best) line?.found.push(each.amount);
		else if (
			findAmounts(line?.line.plain ?? "").some(({ start }) => start === each.amount.start) &&
			each.amount.value !== best?.amount.value
		)
			line?.found.push({ ...each.amount, kind: "amount" });
	}
}

function distinct(facts: Fact[]): Fact[] {
	const known = new Set<string>();
	return facts.filter(({ kind, value, unit }) => {
		const key = `${kind} ${value} ${unit ?? ""}`;
		if (known.has(key)) return false;
		known.add(key);
		return true;
	});
}
