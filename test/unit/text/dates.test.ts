import { describe, expect, test } from "vitest";
import { dateLexeme, findDates, findQueriedDates, monthLexeme } from "#text/dates.ts";
import { lexemesOf } from "./lexemes.ts";

const read = (text: string) => findDates(text).map(({ readings }) => readings.map(dateLexeme).join(" or "));
const queried = (query: string, now = "2026-12-01T12:00:00Z", timeZone?: string) =>
	findQueriedDates(query, { now: new Date(now), timeZone }).map(({ readings }) =>
		readings.map(dateLexeme).join(" or "),
	);

test.each([
	["2026-06-20", "2026-06-20"],
	["2026/06/20", "2026-06-20"],
	["2026.6.20", "2026-06-20"],
	["20260620", "2026-06-20"],
	["IMG_20260620_103500.png", "2026-06-20"],
	["20.06.2026", "2026-06-20"],
	["20. 6. 2026", "2026-06-20"],
	["01.09.2015", "2015-09-01"],
	["20.06.26", "2026-06-20"],
	["am 20.6. um drei", "--06-20"],
	["20/06/2026", "2026-06-20"],
	["06/20/2026", "2026-06-20"],
	["06-20-26", "2026-06-20"],
	["20 June 2026", "2026-06-20"],
	["20th of June, 2026", "2026-06-20"],
	["June 20, 2026", "2026-06-20"],
	["Jun 20 2026", "2026-06-20"],
	["20-Jun-2026", "2026-06-20"],
	["Sept. 3rd", "--09-03"],
	["July 2024", "2024-07"],
	["Jul '2024", "2024-07"],
	["May 2024", "2024-05"],
	["20. Juni 2026", "2026-06-20"],
	["3. März 2026", "2026-03-03"],
	["3. Maerz 2026", "2026-03-03"],
	["20 juin 2026", "2026-06-20"],
	["1er août 2026", "2026-08-01"],
	["20 de junio de 2026", "2026-06-20"],
	["20 giugno 2026", "2026-06-20"],
	["20 de março de 2026", "2026-03-20"],
	["20 juni 2026", "2026-06-20"],
	["20 czerwca 2026", "2026-06-20"],
	["20 июня 2026", "2026-06-20"],
	["20 Haziran 2026", "2026-06-20"],
	["2026年6月20日", "2026-06-20"],
	["2026年6月", "2026-06"],
	["6月20日", "--06-20"],
	["2026년 6월 20일", "2026-06-20"],
	["29 February 2024", "2024-02-29"],
])("%j is %s", (text, date) => {
	expect(read(text)).toEqual([date]);
	expect(read(`before ${text} after`)).toEqual([date]);
});

test("03/04/2026 is a day in April and one in March", () => {
	expect(read("03/04/2026")).toEqual(["2026-04-03 or 2026-03-04"]);
	expect(read("04/04/2026")).toEqual(["2026-04-04"]);
});

test.each([
	"30/02/2026",
	"2026-02-29",
	"2026-13-01",
	"32.01.2026",
	"00/00/2026",
	"20261345",
	"version 1.2.3",
	"192.168.0.1",
	"1/2",
	"10:35",
	"may I come",
	"march on",
	"12.99",
	"call 030 123456",
	"2026",
	"20260620123",
	"1234-56-78",
])("%j is no date", (text) => {
	expect(read(text)).toEqual([]);
});

test("several dates of one text stand in their order", () => {
	expect(read("from 1 May 2026 to 03.05.2026, paid 2026-05-04")).toEqual(["2026-05-01", "2026-05-03", "2026-05-04"]);
});

test("a document has a date's day, month and year", () => {
	expect(lexemesOf("20 June 2026")).toEqual(
		expect.arrayContaining(["2026-06-20", "--06-20", "2026-06", "--06", "2026"]),
	);
});

describe("what a query says relative to today", () => {
	test.each([
		["today", "2026-12-01"],
		["yesterday", "2026-11-30"],
		["gestern", "2026-11-30"],
		["this month", "2026-12"],
		["last month", "2026-11"],
		["letzten Monat", "2026-11"],
		["last year", "2025"],
		["last july", "2026-07"],
		["last december", "2025-12"],
		["last summer", "2026-06 or 2026-07 or 2026-08"],
		["letzten Sommer", "2026-06 or 2026-07 or 2026-08"],
		["summer 2024", "2024-06 or 2024-07 or 2024-08"],
		["été 2024", "2024-06 or 2024-07 or 2024-08"],
		["winter 2024", "2024-12 or 2025-01 or 2025-02"],
		["last winter", "2025-12 or 2026-01 or 2026-02"],
	])("%s is %s", (query, date) => {
		expect(queried(query)).toEqual([date]);
	});

	test("last month in January is December of the year before", () => {
		expect(queried("last month", "2026-01-31T12:00:00Z")).toEqual(["2025-12"]);
	});

	test("last summer in July is that of the year before", () => {
		expect(queried("last summer", "2026-07-15T12:00:00Z")).toEqual(["2025-06 or 2025-07 or 2025-08"]);
	});

	test("last winter in January is the one that has ended", () => {
		expect(queried("last winter", "2026-01-15T12:00:00Z")).toEqual(["2024-12 or 2025-01 or 2025-02"]);
	});

	test("last week has seven days, from Monday on", () => {
		expect(queried("last week")[0]?.split(" or ")).toEqual([
			"2026-11-23",
			"2026-11-24",
			"2026-11-25",
			"2026-11-26",
			"2026-11-27",
			"2026-11-28",
			"2026-11-29",
		]);
	});

	test("yesterday depends on where the person is", () => {
		const midnight = "2026-12-01T00:30:00Z";
		expect(queried("yesterday", midnight, "Asia/Tokyo")).toEqual(["2026-11-30"]);
		expect(queried("yesterday", midnight, "America/New_York")).toEqual(["2026-11-29"]);
		expect(queried("today", "2026-11-30T23:30:00Z", "Europe/Berlin")).toEqual(["2026-12-01"]);
	});

	test("a document has none of it: its text was not written today", () => {
		expect(read("yesterday, last summer, this month")).toEqual([]);
	});
});

test("a month that stands alone is one, unless it is another word, too", () => {
	expect(["july", "juli", "julio", "марта"].map(monthLexeme)).toEqual(["--07", "--07", "--07", "--03"]);
	expect(["may", "march", "boarding"].map(monthLexeme)).toEqual([null, null, null]);
});
