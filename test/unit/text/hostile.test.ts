import type { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPgliteCopy } from "#cdk-local/testing/pglite.ts";
import { markNegations, withoutNegations } from "#core/search/negation.ts";
import { snippetOf } from "#postgres/search/snippet.ts";
import { documentVector } from "#text/document.ts";
import { analyzeQuery } from "#text/query.ts";
import { clock, parseVector, textOnly } from "./lexemes.ts";

const functions: Record<string, (text: string) => unknown> = {
	documentVector: (text) => documentVector(textOnly(text)),
	analyzeQuery: (text) => analyzeQuery(text, clock),
	markNegations: (text) => withoutNegations(markNegations(text).text),
	snippetOf: (text) => snippetOf(text, []),
};

/** Repeated, each has made a regular expression or a loop take the square of its length, here or elsewhere. */
const repeated = [
	"a",
	"1",
	"1 ",
	" ",
	"\u0301",
	"\u0316\u0300",
	"1.1.2020 ",
	"last summer ",
	"ه",
	"東",
	"without a or b ",
	"1,",
];

/** Measures CPU time, so that other processes of the machine count for nothing. */
function cpuMs(run: () => unknown): number {
	const before = process.cpuUsage();
	run();
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1000;
}

/** So long that a ratio of two times tells the algorithm, not the garbage collector. */
const measurableMs = 300;

describe.each(Object.entries(functions))("%s", (_, run) => {
	test.each(repeated)("takes no more than in proportion to a text of %j", (part) => {
		const timeOf = (length: number) => {
			const text = part.repeat(length / part.length);
			return cpuMs(() => run(text));
		};
		const ms = timeOf(50_000);
		// Five times the length takes 25 times as long where the time is quadratic.
		if (ms > measurableMs) expect(ms).toBeLessThan(15 * timeOf(10_000));
	});

	test("reads a page of spaces once, where a date may go on after them", () => {
		expect(cpuMs(() => run(`1${" ".repeat(50_000)}x`))).toBeLessThan(measurableMs);
	});

	test.each([
		"\ud800",
		"a\udc00b",
		"\0",
		"a\0b",
		"👨‍👩‍👧",
		"Z̷̢̺͔a̸͚͝l̷̛̜g̵͓̈́o̶̧͝",
		"\\",
		"'",
		"'';--",
		"",
		" ",
		"-",
		'"',
		'-"',
		"🍕".repeat(1000),
	])("takes %j", (text) => {
		expect(() => run(text)).not.toThrow();
	});
});

describe("PostgreSQL", () => {
	let db: PGlite;
	let remove: () => Promise<void>;
	beforeAll(async () => {
		({ db, remove } = await openPgliteCopy());
	});
	afterAll(() => remove());

	const lexemeCount = async (vector: string) => {
		const { rows } = await db.query<{ count: number }>("select length($1::text::tsvector) as count", [vector]);
		return rows[0]?.count;
	};

	const words = (count: number) => Array.from({ length: count }, (_, at) => `word${at.toString(36)}x`).join(" ");

	test.each([
		["a megabyte without a space", "a".repeat(1_000_000)],
		["100,000 digits", "1234567890".repeat(10_000)],
		["a word 10,000 times", "boarding ".repeat(10_000)],
		["Chinese characters", "東京駅領収書".repeat(5_000)],
		["100 KB of Thai", "ใบเสร็จรับเงินจากโรงแรม".repeat(4_000)],
		["quotes and backslashes", "it's a \\path\\to 'x' O''Neil C:\\"],
		["words of four-byte letters", "𐐀".repeat(100)],
	])("accepts the vector of %s", async (_, text) => {
		const vector = documentVector(textOnly(text));
		expect(await lexemeCount(vector)).toBe(parseVector(vector).size);
	});

	test("accepts the vector of a megabyte of different words, which has those that the text begins with", async () => {
		const vector = documentVector(textOnly(`beginning ${words(90_000)} end`));
		const lexemes = parseVector(vector);
		expect(await lexemeCount(vector)).toBe(lexemes.size);
		expect([lexemes.has("beginning"), lexemes.has("end")]).toEqual([true, false]);
	});

	test("accepts the vector of any text", async () => {
		const random = randomFrom(20_261_201);
		const ranges = [
			[0x01, 0x7f],
			[0x80, 0x24f],
			[0x300, 0x36f],
			[0x370, 0x6ff],
			[0x900, 0xe7f],
			[0x2000, 0x2fff],
			[0x3000, 0x9fff],
			[0xac00, 0xdfff],
			[0xf900, 0xffff],
			[0x10000, 0x1ffff],
		];
		const anyText = () =>
			Array.from({ length: Math.floor(random() * 120) }, () => {
				const [from = 0, to = 0] = ranges[Math.floor(random() * ranges.length)] ?? [];
				return random() < 0.15 ? " " : String.fromCodePoint(from + Math.floor(random() * (to - from)));
			}).join("");
		for (let run = 0; run < 100; run++) {
			const text = {
				headline: anyText(),
				summary: anyText(),
				labels: anyText(),
				extractedText: anyText(),
				filename: anyText(),
			};
			const vector = documentVector(text);
			expect(await lexemeCount(vector), JSON.stringify(text)).toBe(parseVector(vector).size);
			const { phrases, excluded } = analyzeQuery(`"${text.headline}" -"${text.summary}" -${text.labels}`, clock);
			await db.query("select nullif($1::text, '')::tsquery, nullif($2::text, '')::tsquery", [phrases, excluded]);
		}
	});
});

test.each(["ـ", '"ـ"', '-"ـ"', "-ـ", `-"${"क".repeat(900)}"`, `"${"ﷺ".repeat(900)}"`])(
	"a query has no lexeme that is empty or too long: %j",
	(query) => {
		const { terms, phrases, excluded } = analyzeQuery(query, clock);
		const lexemes = terms.flatMap((term) => term.lexemes.map(({ lexeme }) => lexeme));
		expect(lexemes.filter((lexeme) => lexeme === "" || lexeme.length > 100)).toEqual([]);
		expect(`${phrases} ${excluded}`).not.toMatch(/''|'[^']{110,}'/);
	},
);

/** Returns pseudo-random numbers from 0 to 1, the same for one seed (mulberry32). */
function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
