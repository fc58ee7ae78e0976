import { findQueriedDates, monthName, monthNumberOf, type NamedDate } from "#text/dates.ts";

/** Days as ISO 8601, both included. */
export interface TimeRange {
	from: string;
	to: string;
}

const dayMs = 86_400_000;
const iso = (date: Date) => date.toISOString().slice(0, 10);

const lastDays = /\b(?:in |over |within )?the (?:last|past) (\d{1,3}) (day|week|month)s?\b/i;
/** "in June": a name alone may be a person's, or a verb. */
const inMonth = new RegExp(`\\b(in|during|from|since|im|vom|seit|en)\\s+(${monthName})(?![\\p{L}\\p{N}])`, "iu");
const since = /\b(?:since|seit|depuis|desde)\s*$/i;
const between = /\b(?:between|from|zwischen|vom?|entre|de|du)\s*(?:the\s+)?$/i;
const upTo = /^\s*(?:and|to|until|till|through|und|bis|et|au?|à|y|al?|[-–])\s*(?:the\s+)?$/i;

/** Days of the week from Sunday on, in each language. */
const weekdays = ["en", "de", "fr", "es"].map((language) => {
	const { format } = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
	return Array.from({ length: 7 }, (_, day) => format(Date.UTC(2023, 0, 1 + day)).toLowerCase());
});
const weekday = new RegExp(
	`(?<![\\p{L}\\p{N}])(?:(?:last|this|on|am|le|el) )?(${weekdays.flat().join("|")})(?![\\p{L}\\p{N}])`,
	"iu",
);

/**
 * Finds the days that a message names: "today", "this week", "on Monday", "in March 2025", "since June", "between 1 May and 3 May",
 * "the last 10 days". A month or a day without a year is the latest.
 *
 * @returns them, and the message without them; null where it names none
 */
export function timeRangeIn(message: string, now: Date): { range: TimeRange; rest: string } | null {
	const counted = lastDays.exec(message);
	if (counted) {
		const days = Number(counted[1]) * { day: 1, week: 7, month: 30 }[counted[2]?.toLowerCase() as "day"];
		const range = { from: iso(new Date(now.getTime() - (days - 1) * dayMs)), to: iso(now) };
		return { range, rest: message.replace(lastDays, " ") };
	}
	const [date, next] = findQueriedDates(message, { now });
	if (!date) return monthIn(message, now) ?? weekdayIn(message, now);
	const isRange = next && upTo.test(message.slice(date.end, next.start));
	const first = daysOf(date, now);
	const range = isRange ? joined(first, daysOf(next, now), next.readings[0]?.year !== undefined) : first;
	return rangeBefore(message, date.start, (isRange ? next : date).end, range, now);
}

/** Joins the days of "from 20 November to 3 December", where one of them may have no year: the end follows the beginning. */
function joined({ from }: TimeRange, { to }: TimeRange, endHasYear: boolean): TimeRange {
	if (from <= to) return { from, to };
	const inYear = (day: string, year: number) => `${year}${day.slice(4)}`;
	const year = Number((endHasYear ? to : from).slice(0, 4));
	if (!endHasYear) return { from, to: inYear(to, year) < from ? inYear(to, year + 1) : inYear(to, year) };
	return { from: inYear(from, year) > to ? inYear(from, year - 1) : inYear(from, year), to };
}

function daysOf({ readings }: NamedDate, now: Date): TimeRange {
	const days = readings.map(({ year, month, day }) => {
		const given = year ?? latestYear(month ?? 1, day ?? 1, now);
		const first = Date.UTC(given, (month ?? 1) - 1, day ?? 1);
		const last = day !== undefined ? first : month !== undefined ? Date.UTC(given, month, 0) : Date.UTC(given, 11, 31);
		return { first, last };
	});
	return {
		from: iso(new Date(Math.min(...days.map(({ first }) => first)))),
		to: iso(new Date(Math.max(...days.map(({ last }) => last)))),
	};
}

/** Takes days out of a message, with the word before them that makes them the first of several. */
function rangeBefore(message: string, start: number, end: number, range: TimeRange, now: Date) {
	const before = message.slice(0, start);
	const isOpen = since.test(before);
	const rest = `${before.replace(isOpen ? since : between, "")} ${message.slice(end)}`.replaceAll(/\s+/g, " ").trim();
	return { range: isOpen ? { ...range, to: iso(now) } : range, rest };
}

function monthIn(message: string, now: Date): { range: TimeRange; rest: string } | null {
	const found = inMonth.exec(message);
	const month = monthNumberOf(found?.[2] ?? "");
	if (!found || month === undefined) return null;
	const year = latestYear(month, 1, now);
	const range = { from: iso(new Date(Date.UTC(year, month - 1, 1))), to: iso(new Date(Date.UTC(year, month, 0))) };
	return {
		range: since.test(found[1] ?? "") ? { ...range, to: iso(now) } : range,
		rest: message.replace(inMonth, " ").replaceAll(/\s+/g, " ").trim(),
	};
}

/** The latest such day, which may be today; "last Monday" is none of today. */
function weekdayIn(message: string, now: Date): { range: TimeRange; rest: string } | null {
	const found = weekday.exec(message);
	const name = found?.[1]?.toLowerCase() ?? "";
	const day = weekdays.map((names) => names.indexOf(name)).find((at) => at >= 0);
	if (!found || day === undefined) return null;
	const ago = (now.getUTCDay() - day + 7) % 7;
	const days = ago === 0 && /^last /i.test(found[0]) ? 7 : ago;
	const on = iso(new Date(now.getTime() - days * dayMs));
	return rangeBefore(message, found.index, found.index + found[0].length, { from: on, to: on }, now);
}

function latestYear(month: number, day: number, now: Date): number {
	const year = now.getUTCFullYear();
	return Date.UTC(year, month - 1, day) > now.getTime() ? year - 1 : year;
}
