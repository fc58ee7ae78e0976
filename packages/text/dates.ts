import { foldedForms } from "./fold.ts";
import { localDay } from "./local-day.ts";

/** A date that a text names, as precisely as it does. */
export interface NamedDate {
	/** Offsets in the text. */
	start: number;
	end: number;
	/** Each reading: `03/04/2026` has two. A season has one for each of its months. */
	readings: DateParts[];
}

/** At least one of the three. */
interface DateParts {
	year?: number;
	/** 1 to 12. */
	month?: number;
	day?: number;
}

/** The languages whose names of months are known. */
const monthLanguages = [
	"en",
	"de",
	"fr",
	"es",
	"it",
	"pt",
	"nl",
	"sv",
	"da",
	"nb",
	"fi",
	"pl",
	"cs",
	"ru",
	"uk",
	"tr",
	"hu",
	"ro",
];
/** Short names of months that are other words. */
const otherWords = new Set("out set ago lis lip maj may mai mars mar kas eki oca sie".split(" "));

const monthNumbers = namesOfMonths();

function namesOfMonths(): Map<string, number> {
	const numbers = new Map<string, number>([["sept", 9]]);
	for (const language of monthLanguages) {
		for (const options of [{ month: "long" }, { month: "short" }, { month: "long", day: "numeric" }] as const) {
			const format = new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" });
			for (let month = 1; month <= 12; month++) {
				const part = format.formatToParts(Date.UTC(2026, month - 1, 15)).find(({ type }) => type === "month");
				const name = part?.value.toLowerCase().replace(/\.$/, "") ?? "";
				const isShort = options.month === "short";
				if (/^\p{L}{3,}$/u.test(name) && !(isShort && otherWords.has(name) && language !== "en")) {
					for (const form of foldedForms(name).concat(name)) if (!numbers.has(form)) numbers.set(form, month);
				}
			}
		}
	}
	return numbers;
}

/** True for the name of a month in any of the languages, also a short one. */
export const isMonthName = (word: string): boolean => monthNumbers.has(word.toLowerCase());

/** Returns the number of a month by its name, from 1. */
export const monthNumberOf = (name: string): number | undefined => monthNumbers.get(name.toLowerCase());

export const monthName = [...monthNumbers.keys()].sort((a, b) => b.length - a.length).join("|");
const day = "(?<day>\\d{1,2})";
const year = "(?<year>(?:19|20)\\d{2})";
const ordinal = "(?:st|nd|rd|th|\\.|º|er)?";
/** Bounded, so that a page of spaces is read once. */
const space = "\\s{1,3}";
const preposition = `(?:${space}(?:of|de|del|di))?`;
const before = "(?<![\\p{L}\\p{N}])";
const after = "(?![\\p{L}\\p{N}])";

/** Patterns with the groups `year`, `month` (a number), `name` (of a month) and `day`; the first that matches a place wins. */
const patterns = [
	`${before}${year}(?<separator>[-/.])(?<month>\\d{1,2})\\k<separator>${day}${after}`,
	`(?<!\\d)${year}(?<month>0[1-9]|1[0-2])(?<day>0[1-9]|[12]\\d|3[01])(?!\\d)`,
	`(?<!\\d)${year}\\s?[年년](?:\\s?(?<month>\\d{1,2})\\s?[月월](?:\\s?${day}\\s?[日일])?)?`,
	`(?<!\\d)(?<month>\\d{1,2})\\s?[月월]\\s?${day}\\s?[日일]`,
	`${before}${day}\\.\\s?(?<month>\\d{1,2})\\.\\s?(?:${year}|(?<shortYear>\\d{2})(?!\\d|[:.,]\\d))`,
	`${before}${day}\\.(?<month>0?[1-9]|1[0-2])\\.(?!\\s?\\d|\\p{L})`,
	`${before}(?<first>\\d{1,2})(?<slash>[/-])(?<second>\\d{1,2})\\k<slash>(?:${year}|(?<shortYear>\\d{2}))${after}`,
	`${before}${day}${ordinal}${preposition}\\s{0,3}[-/]?\\s{0,3}(?<name>${monthName})\\.?(?:,?${preposition}\\s{0,3}[-/]?\\s{0,3}${year})?${after}`,
	`${before}(?<name>${monthName})\\.?${space}${day}(?:st|nd|rd|th)?(?:,?${space}${year})?(?![\\p{L}\\p{N}]|[.,:]\\d)`,
	`${before}(?<name>${monthName})\\.?,?${preposition}\\s{0,3}[-/]?\\s{0,3}'?${year}${after}`,
].map((pattern) => new RegExp(pattern, "giu"));

/** Finds the dates of a text in any common form; impossible ones, such as 30 February, are none. */
export function findDates(text: string): NamedDate[] {
	const dates: NamedDate[] = [];
	/** 1 for each character of a date found before. */
	const taken = new Uint8Array(text.length);
	for (const pattern of patterns) {
		for (const match of text.matchAll(pattern)) {
			const { index: start } = match;
			const end = start + match[0].length;
			if (taken.subarray(start, end).includes(1)) continue;
			const readings = readingsOf(match.groups ?? {}).filter(exists);
			if (readings.length === 0) continue;
			taken.fill(1, start, end);
			dates.push({ start, end, readings });
		}
	}
	return dates.sort((a, b) => a.start - b.start);
}

function readingsOf(groups: Record<string, string | undefined>): DateParts[] {
	const shortYear = groups.shortYear === undefined ? undefined : 2000 + Number(groups.shortYear);
	const year = groups.year === undefined ? shortYear : Number(groups.year);
	if (groups.first !== undefined) {
		const [first, second] = [Number(groups.first), Number(groups.second)];
		const dayFirst = { year, month: second, day: first };
		return first === second ? [dayFirst] : [dayFirst, { year, month: first, day: second }];
	}
	const month = groups.name === undefined ? numberOf(groups.month) : monthNumbers.get(groups.name.toLowerCase());
	return [{ year, month, day: numberOf(groups.day) }];
}

const numberOf = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));

function exists({ year, month, day }: DateParts): boolean {
	if (month === undefined) return year !== undefined;
	if (month < 1 || month > 12) return false;
	// A leap year, where the year is unknown.
	return day === undefined || (day >= 1 && day <= new Date(Date.UTC(year ?? 2024, month, 0)).getUTCDate());
}

/** Northern seasons, by name: their months. */
const seasons: Record<string, readonly number[]> = {
	spring: [3, 4, 5],
	frühling: [3, 4, 5],
	printemps: [3, 4, 5],
	primavera: [3, 4, 5],
	summer: [6, 7, 8],
	sommer: [6, 7, 8],
	été: [6, 7, 8],
	verano: [6, 7, 8],
	estate: [6, 7, 8],
	autumn: [9, 10, 11],
	fall: [9, 10, 11],
	herbst: [9, 10, 11],
	automne: [9, 10, 11],
	otoño: [9, 10, 11],
	autunno: [9, 10, 11],
	winter: [12, 1, 2],
	hiver: [12, 1, 2],
	invierno: [12, 1, 2],
	inverno: [12, 1, 2],
};
const seasonOfYear = new RegExp(
	`${before}(?<season>${Object.keys(seasons).join("|")})\\s+(?:of\\s+)?${year}${after}`,
	"giu",
);
const relative = new RegExp(
	`${before}(?<which>last|this|letzte[nrs]?|diese[nrs]?)\\s+(?<what>year|month|week|jahr|monat|woche|${Object.keys(seasons).join("|")}|${monthName})${after}|${before}(?<day>yesterday|today|gestern|heute)${after}`,
	"giu",
);

/** Today, where the person is. */
export interface Clock {
	now: Date;
	/** IANA name. @default "UTC" */
	timeZone?: string;
}

/** Finds the dates of a query: also seasons, and what is relative to today. */
export function findQueriedDates(query: string, clock: Clock): NamedDate[] {
	const dates: NamedDate[] = [];
	const taken = new Uint8Array(query.length);
	const add = (match: RegExpMatchArray, readings: DateParts[]) => {
		const start = match.index ?? 0;
		const end = start + match[0].length;
		if (readings.length === 0) return;
		taken.fill(1, start, end);
		dates.push({ start, end, readings });
	};
	for (const match of query.matchAll(seasonOfYear)) {
		add(match, monthsOfSeason(match.groups?.season ?? "", Number(match.groups?.year)));
	}
	const relatives = [...query.matchAll(relative)];
	if (relatives.length > 0) {
		const today = new Date(`${localDay(clock.now, clock.timeZone)}T00:00:00Z`);
		for (const match of relatives) add(match, relativeReadings(match.groups ?? {}, today));
	}
	const others = findDates(query).filter(({ start, end }) => !taken.subarray(start, end).includes(1));
	return [...dates, ...others].sort((a, b) => a.start - b.start);
}

function monthsOfSeason(season: string, year: number): DateParts[] {
	const months = seasons[season.toLowerCase()] ?? [];
	// A winter begins in one year and ends in the next.
	return months.map((month) => ({ year: month < (months[0] ?? 0) ? year + 1 : year, month }));
}

const dayMs = 86_400_000;

function relativeReadings(groups: Record<string, string | undefined>, today: Date): DateParts[] {
	const partsOf = (date: Date) => ({
		year: date.getUTCFullYear(),
		month: date.getUTCMonth() + 1,
		day: date.getUTCDate(),
	});
	const named = groups.day?.toLowerCase();
	if (named) return [partsOf(new Date(today.getTime() - (/^(?:yesterday|gestern)$/.test(named) ? dayMs : 0)))];
	const isLast = /^l/i.test(groups.which ?? "");
	const what = groups.what?.toLowerCase() ?? "";
	const { year, month } = partsOf(today);
	if (/^(?:year|jahr)$/.test(what)) return [{ year: year - (isLast ? 1 : 0) }];
	if (/^(?:month|monat)$/.test(what)) {
		const { year, month } = partsOf(
			new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - (isLast ? 1 : 0), 1)),
		);
		return [{ year, month }];
	}
	if (/^(?:week|woche)$/.test(what)) {
		const monday = today.getTime() - ((today.getUTCDay() + 6) % 7) * dayMs - (isLast ? 7 * dayMs : 0);
		return Array.from({ length: 7 }, (_, at) => partsOf(new Date(monday + at * dayMs)));
	}
	const named_month = monthNumbers.get(what);
	if (named_month !== undefined)
		return [{ year: isLast && named_month >= month ? year - 1 : year, month: named_month }];
	// The last summer is the latest that has ended.
	const ends = (from: number) => monthsOfSeason(what, from).at(-1) ?? { year: from, month: 12 };
	const hasEnded = (from: number) => (ends(from).year ?? 0) * 12 + (ends(from).month ?? 0) < year * 12 + month;
	const from = isLast ? [year, year - 1, year - 2].find(hasEnded) : year;
	return from === undefined ? [] : monthsOfSeason(what, from);
}

const two = (value: number) => String(value).padStart(2, "0");

/** Returns the lexeme of a date as precisely as it is known: `2026-06-20`, `2026-06`, `--06-20`, `--06` (as ISO 8601 once wrote them) or `2026`. */
export function dateLexeme({ year, month, day }: DateParts): string {
	if (month === undefined) return String(year);
	const from = year === undefined ? "-" : String(year);
	return [from, two(month), ...(day === undefined ? [] : [two(day)])].join("-");
}

/** Returns the lexemes of a date and of everything less precise that it lies in. */
export function dateLexemes({ year, month, day }: DateParts): string[] {
	const parts: DateParts[] = [{ year, month, day }];
	if (month !== undefined) {
		if (day !== undefined) parts.push({ month, day }, { year, month });
		parts.push({ month });
	}
	if (year !== undefined) parts.push({ year });
	return [...new Set(parts.filter((each) => each.year !== undefined || each.month !== undefined).map(dateLexeme))];
}

/** Returns the lexeme of a month that stands alone, as `--06`; null for another word. */
export function monthLexeme(word: string): string | null {
	const month = word === "may" || word === "march" ? undefined : monthNumbers.get(word);
	return month === undefined ? null : dateLexeme({ month });
}
