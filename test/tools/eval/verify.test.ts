import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { calibrate } from "../../../tools/eval/verify/calibration.ts";
import { type Case, readCases } from "../../../tools/eval/verify/cases.ts";
import { verifyCase } from "../../../tools/eval/verify/verify-case.ts";

const analysis = (item_id: string, headline: string, summary: string, extracted_text: string[]) => ({
	...{ item_id, category: "Travel", headline, summary },
	image_details: { extracted_text, objects: [`${item_id} kettle`], key_interest: "" },
	media_metadata: {},
});

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "eval-verify-"));
	const analyses = [
		analysis(
			"one",
			"Boarding pass of Mara Ellison",
			"The boarding pass of Mara Ellison is for 3 March 2026. The price shown is €204.50.",
			["Boarding pass", "Mara Ellison", "03.03.2026", "Price €204.50"],
		),
		analysis("two", "Letter of Tom Becker", "A letter about the lease by Tom Becker from Porto.", [
			"lease",
			"Tom Becker",
		]),
	];
	await writeFile(path.join(folder, "analyses.json"), JSON.stringify(analyses));
});
afterAll(() => rm(folder, { recursive: true }));

describe("planted errors", () => {
	const textsOf = (cases: Case[], kind: Case["kind"]) =>
		cases.filter((each) => each.itemId === "one" && each.kind === kind).map(({ claim }) => claim.text);

	it("stand in place of what the item's other text has, the same at every run, and are found", async () => {
		const cases = await readCases(folder);
		expect(cases).toEqual(await readCases(folder));
		expect(textsOf(cases, null)).toContain("The price shown is €204.50.");
		const [number = ""] = textsOf(cases, "number");
		expect(number).toMatch(/^The price shown is €\d{3}\.\d\d\.$/);
		expect(number).not.toContain("204.50");
		expect(textsOf(cases, "date")[0]).not.toContain("3 March 2026");
		expect(textsOf(cases, "name").join()).toMatch(/Tom Becker|Becker|Porto/);
		expect(textsOf(cases, "negation")).toContain("The price shown is not €204.50.");
		expect(textsOf(cases, "object")).toContain("The price shown is €204.50 with a two kettle.");
		for (const each of cases.filter(({ itemId, kind }) => itemId === "one" && kind === "number")) {
			const { verified, found } = verifyCase("offline", each);
			expect([verified.verdict, ...found]).toEqual(["contradicted", "number"]);
			expect(verifyCase("agreeing", each).verified.verdict).toBe("contradicted");
		}
	});

	it("lower the score of the texts that have them", async () => {
		const verifiedCases = (await readCases(folder)).map((each) => verifyCase("offline", each));
		const bins = calibrate(verifiedCases);
		expect(bins.reduce((sum, { texts }) => sum + texts, 0)).toBe(10);
		const [low, high] = [bins.find(({ texts }) => texts > 0), bins.findLast(({ texts }) => texts > 0)];
		expect(low?.right ?? 0).toBeLessThan(high?.right ?? 0);
	});
});
