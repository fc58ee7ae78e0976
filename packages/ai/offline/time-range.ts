import { findQueriedDates, monthName, monthNumberOf } from "#text/dates.ts";

/** Days as ISO 8601, both included. */
export interface TimeRange {
	from: string;
	to: string;
}

const dayMs = 86_400_000;
const iso = (date: Date) => date.toISOString().slice(0, 10);

const lastDays = /\b(?:in |over |within )?the (?:last|past) (\d{1,3}) (day|week|month)s?\b/i;
/** "in June": a name alone may be a person's, or a verb. */
const inMonth = new RegExp(`\\b(?:in|during|from|since|im|vom|seit|en)\\s+(${monthName})(?![\\p{L}\\p{N}])`, "iu");

/**
 * Finds the days that a message names: "today", "this week", "in March 2025", "in June", "the last 10 days". Where a month has no
 * year it is the latest.
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
	const dates = findQueriedDates(message, { now });
	const [date] = dates;
	if (!date) return monthIn(message, now);
	const days = date.readings.map(({ year, month, day }) => {
		const given = year ?? latestYear(month ?? 1, day ?? 1, now);
		const first = Date.UTC(given, (month ?? 1) - 1, day ?? 1);
		const last = day !== undefined ? first : month !== undefined ? Date.UTC(given, month, 0) : Date.UTC(given, 11, 31);
		return { first, last };
	});
	return {
		range: {
			from: iso(new Date(Math.min(...days.map(({ first }) => first)))),
			to: iso(new Date(Math.max(...days.map(({ last }) => last)))),
		},
		rest: `${message.slice(0, date.start)} ${message.slice(date.end)}`.replaceAll(/\s+/g, " ").trim(),
	};
}

function monthIn(message: string, now: Date): { range: TimeRange; rest: string } | null {
	const [, name = ""] = inMonth.exec(message) ?? [];
	const month = monthNumberOf(name);
	if (month === undefined) return null;
	const year = latestYear(month, 1, now);
	const range = { from: iso(new Date(Date.UTC(year, month - 1, 1))), to: iso(new Date(Date.UTC(year, month, 0))) };
	return { range, rest: message.replace(inMonth, " ").replaceAll(/\s+/g, " ").trim() };
}

function latestYear(month: number, day: number, now: Date): number {
	const year = now.getUTCFullYear();
	return Date.UTC(year, month - 1, day) > now.getTime() ? year - 1 : year;
}
