import { describe, expect, it } from "vitest";
import { checkVerdict } from "#core/verification/check-verdict.ts";
import { cutClaims } from "#core/verification/claims.ts";
import { type Evidence, evidenceFrom } from "#core/verification/evidence.ts";
import { factsOf } from "#core/verification/facts.ts";
import { accuracyScore, riskLevel } from "#core/verification/score.ts";
import type { Verdict } from "#core/verification/verdict.ts";
import { verifyClaim } from "#core/verification/verify-claim.ts";

const evidenceOf = (itemId: string, prose: string[], lines: string[] = []): Evidence =>
	evidenceFrom({ itemId, url: null }, { prose, lines: lines.map((text) => ({ text, box: null })), labels: [] });

const receipt = evidenceOf(
	"receipt",
	["Receipt of Greengate in Leeds. The cat litter was not returned."],
	["GREENGATE Leeds", "Milk 2L", "Cat litter 10 kg", "TOTAL", "£1,264.18", "14/11/2021 17:52", "Points earned: twelve"],
);
const letter = evidenceOf("letter", ["Letter of Mara Ellison on the lease of a flat in Cork, from 3 March 2026."]);

const verify = (text: string, found: Evidence[] = [receipt, letter]) =>
	verifyClaim({ text, start: 0, end: text.length }, found);

describe("a claim", () => {
	it.each<[string, Verdict, string | null]>([
		["The Greengate receipt has a total of 1264.18 pounds.", "supported", null],
		["The Greengate receipt has a total of £1,264.", "supported", null],
		["The Greengate receipt has a total of £1,246.18.", "contradicted", "number"],
		["The Greengate receipt has a total of €1,264.18.", "contradicted", "number"],
		["The Greengate receipt is of 14 November 2021.", "supported", null],
		["The Greengate receipt is of 14 Nov.", "supported", null],
		["The Greengate receipt is of 15 November 2021.", "contradicted", "date"],
		["The receipt of Greengate is of 17:25.", "contradicted", "date"],
		["Points earned on the receipt: 12", "supported", null],
		["The receipt has cat litter of 12 kg.", "contradicted", "number"],
		["The receipt of Greengate lists milk and avocados.", "not_found", null],
		["A letter by Mara Ellison on the lease of a flat.", "supported", null],
		["A letter by Mara Elison on the lease of a flat.", "supported", null],
		["A letter by Tom Becker on the lease of a flat.", "contradicted", "name"],
		["A letter by Mara Becker on the lease of a flat.", "contradicted", "name"],
		["The cat litter was returned.", "contradicted", "negation"],
		["The cat litter was not returned.", "supported", null],
		["It is no letter on the lease of a flat in Cork, by Mara Ellison.", "contradicted", "negation"],
		["The moon is made of green cheese.", "not_found", null],
	])("%s is %s", (text, verdict, contradiction) => {
		expect(verify(text)).toMatchObject({ verdict, contradiction });
	});

	it("is contradicted by what stands in the place of its value, and says which", () => {
		const { citations } = verify("The Greengate receipt has a total of £1,246.18.");
		expect(citations).toMatchObject([
			{ itemId: "receipt", sentence: "£1,264.18", difference: { claimed: "£1,246.18", found: "£1,264.18" } },
		]);
	});

	it("is contradicted by the value that its own words stand beside, not by any of the item's", () => {
		const pass = evidenceOf("pass", ["A boarding pass for flight FI 319 on 3 May."], ["OSL - KEF", "Gate 12"]);
		const { citations } = verify("The gate of the boarding pass is 14.", [pass]);
		expect(citations[0]?.difference).toEqual({ claimed: "14", found: "12" });
	});

	it("that one item supports is not contradicted by another", () => {
		const other = evidenceOf("other", ["Receipt of Greengate in Leeds"], ["TOTAL £20.00"]);
		expect(verify("The Greengate receipt has a total of £20.00.", [receipt, other]).verdict).toBe("supported");
	});

	it("that names what nothing has says so", () => {
		expect(verify("The receipt of Greengate lists milk and avocados.").missing).toEqual(["avocados"]);
	});
});

describe("claims", () => {
	it("are sentences with their offsets, cut where a conjunction begins a clause of its own", () => {
		const text =
			"Dr. Smith paid £3.50 for tea and cake. It rained, but the train was on time; nobody minded the delay.\n\nWhy not?";
		const { claims } = cutClaims(text);
		expect(claims.map((claim) => claim.text)).toEqual([
			"Dr. Smith paid £3.50 for tea and cake.",
			"It rained, but the train was on time",
			"nobody minded the delay.",
		]);
		for (const { text: part, start, end } of claims) expect(text.slice(start, end)).toBe(part);
	});

	it.each(["lighthouse", "Why is the sky blue?", "…", "", "と", "!!! ???"])("are not in %j", (text) => {
		expect(cutClaims(text).claims).toEqual([]);
	});

	it("are cut from pages of junk in bounded time", () => {
		for (const junk of [
			"a ".repeat(10_000),
			"1,".repeat(10_000),
			"(".repeat(20_000),
			"Aa ".repeat(6_000),
			"¥ 1 ".repeat(5_000),
		]) {
			const started = performance.now();
			for (const claim of cutClaims(junk).claims) verifyClaim(claim, [receipt]);
			expect(performance.now() - started).toBeLessThan(3_000);
		}
	});
});

describe("facts", () => {
	it.each([
		["On 3 March 2026 at 5:52 pm", ["date 2026-03-03", "time 17:52"]],
		["a 7-day trip of 12.5 km for 1.950,00 €, 20 % off", ["number 7", "quantity 12.5", "amount 1950", "quantity 20"]],
		[
			"Flight TP533 of Mara Ellison from Porto, gate B24",
			["code tp533", "name mara ellison", "name porto", "code b24"],
		],
		["Visit Porto in Japanese on Monday", ["name porto"]],
		["Der Vertrag mit der Bank über das Haus ist von Frau Mara Ellison", ["name frau mara ellison"]],
		["Bank Statement For March Of Mara", []],
	])("of %s", (text, facts) => {
		expect(factsOf(text).map(({ kind, values }) => `${kind} ${values[0]}`)).toEqual(facts);
	});
});

describe("a model's verdict", () => {
	const claim = verify("Mara Ellison rents an apartment at Cork.");

	it.each<[string, Verdict, string, Verdict]>([
		[
			"with a quote of the item that has names and words",
			"supported",
			"Letter of Mara Ellison on the lease of a flat in Cork",
			"not_found",
		],
		["with an invented quote", "supported", "Mara Ellison rents an apartment at Cork.", "not_found"],
		["with a quote about something else", "contradicted", "Receipt of Greengate in Leeds", "not_found"],
	])("%s", (_, verdict, quote, outcome) => {
		expect(checkVerdict(claim, { verdict, quotes: [{ itemId: "letter", quote }] }, [receipt, letter]).verdict).toBe(
			outcome,
		);
	});

	it("never turns what code has judged", () => {
		const wrong = verify("The Greengate receipt has a total of £1,246.18.");
		const quotes = [{ itemId: "receipt", quote: "£1,264.18" }];
		expect(checkVerdict(wrong, { verdict: "supported", quotes }, [receipt])).toBe(wrong);
	});
});

describe("score and risk", () => {
	it.each<[Verdict[], number | null, string]>([
		[[], null, "low"],
		[["supported", "supported"], 100, "low"],
		[["supported", "not_found"], 75, "medium"],
		[["not_found"], 50, "medium"],
		[["supported", "supported", "supported", "contradicted"], 75, "high"],
		[["supported", "contradicted", "contradicted", "contradicted", "contradicted"], 20, "critical"],
		[["contradicted"], 0, "critical"],
	])("of %j", (verdicts, score, risk) => {
		const claims = verdicts.map((verdict) => ({ verdict }));
		expect([accuracyScore(claims), riskLevel(claims)]).toEqual([score, risk]);
	});
});
