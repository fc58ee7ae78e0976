import { expect, describe as group, it } from "vitest";
import { describe } from "#ai/offline/describe/describe.ts";
import { imageDescription, searchText, type TextLine } from "#core/items/analysis.ts";
import { takenAt } from "#core/items/taken-at.ts";
import { findFactsInText } from "#text/facts/find-facts.ts";
import { readPages } from "#tools/eval/describe/pages.ts";
import { scorePage, sharesOf } from "#tools/eval/describe/score.ts";

const folder = `${import.meta.dirname}/pages`;
const known = await readPages(`${folder}/known`);
const heldOut = await readPages(`${folder}/held-out`);
const image = {
	originalFilename: "IMG_1.png",
	takenAt: null,
	camera: null,
	colours: ["blue"],
	knownTags: [],
	width: 1_170,
	height: 2_532,
};
const pageNamed = (id: string) => scorePage(known.find((page) => page.id === id) ?? expect.fail(`No page ${id}.`));

group("a page of text", () => {
	it.each(known.map((page) => [page.id, page] as const))("%s is described by its kind and its facts", (_, page) => {
		const { kind, missed, wrong } = scorePage(page);
		expect({ kind, missed, wrong }).toEqual({ kind: page.kind, missed: [], wrong: [] });
	});

	it("that no rule was written for is mostly described so, too, and rarely wrongly", () => {
		const shares = sharesOf(heldOut.map(scorePage));
		expect(heldOut.length).toBeGreaterThan(50);
		expect(shares.kinds).toBeGreaterThan(0.9);
		expect(shares.precision).toBeGreaterThan(0.9);
		expect(shares.recall).toBeGreaterThan(0.9);
	});

	it.each([
		["corner-shop-en", "Receipt from Holloway Grocers, £18.42, 14 March 2025"],
		["handwerker-de", "Invoice from Malerbetrieb Özkan GmbH, €1,428.00, due 20 June 2025"],
		["flight-en", "Boarding pass NW482: Berlin BER to Lisbon LIS, 1 March 2025"],
		["columns-en", "Boarding pass NW648: Northwind Airlines, 14 June"],
		["portrait-en", "Chat with Mira: Perfect. Dinner before? My treat, you choose the place."],
		["two-lines-en", "Recipe: Golden saffron risotto"],
		["train-de", "Ticket: Hamburg Hbf to Frankfurt(Main)Hbf, 9 May 2025"],
		["group-en", "Chat with Priya, Marcus and Li Wei: Works for me!"],
		["app-crash-en", "Error: Something went wrong, code NW-2-5"],
		["takuhai-ja", "Parcel: お荷物のお届け予定, 4 November"],
		["article-de", "Warum Wale singen"],
	])("%s has a headline that a person would write", (id, headline) => {
		expect(pageNamed(id).headline).toBe(headline);
	});

	it("states where each fact is read", () => {
		const facts = findFactsInText(["Zahlbar bis 20.06.2025", "Gesamtbetrag", "1.428,00 €"]);
		expect(facts).toEqual([
			{ kind: "due_date", value: "2025-06-20", unit: null, source_line: "Zahlbar bis 20.06.2025" },
			{ kind: "total", value: "1428.00", unit: "EUR", source_line: "1.428,00 €" },
		]);
	});

	it("is found by the names of its facts, in English whatever its language", () => {
		const bill = known.find(({ id }) => id === "handwerker-de") ?? expect.fail("No such page.");
		const { labels } = searchText(describe(bill.lines, image));
		expect(labels.split("\n")).toEqual(
			expect.arrayContaining([
				"invoice",
				"total: 1428.00 EUR",
				"tax: 228.00 EUR",
				"due date: 2025-06-20",
				"invoice number: 2025-0147",
				"IBAN: DE89370400440532013000",
			]),
		);
	});

	it("of words that a reader was not sure of gives no headline, no tag and no fact", () => {
		const line = (text: string, confidence: number, y: number): TextLine => ({
			text,
			confidence,
			box: { x: 0.1, y, width: 0.5, height: 0.05 },
		});
		const unsure = ["TOTAL £18.42", "#holiday with @somebody", "Tracking number 1Z999AA10123456784"];
		const lines = unsure.map((text, at) => line(text, 0.5, at / 10));
		const { headline, tags, image_details, media_metadata } = describe(lines, { ...image, knownTags: ["holiday"] });
		expect({ headline, tags }).toEqual({ headline: "Photo, mostly blue", tags: [] });
		expect(image_details).toMatchObject({ picture_kind: "photo", facts: [], extracted_text: [] });
		expect(media_metadata).toMatchObject({ hashtags: [], tagged_accounts: [] });
	});

	it("leaves out a letter or digit that was seen in a gap, and keeps one that was surely written", () => {
		const box = { x: 0.1, y: 0.4, width: 0.5, height: 0.05 };
		const word = (text: string, confidence: number) => ({ text, confidence, box });
		const arrives = [word("Arrives", 0.998), word("5", 0.604), word("08:19", 0.997)];
		const due = [word("Due", 0.999), word("1", 0.772), word("December", 0.999)];
		const lines = [arrives, due].map((words) => ({
			...word(words.map(({ text }) => text).join(" "), 0.965),
			words,
		}));
		expect(describe(lines, image).image_details.extracted_text).toEqual(["Arrives 08:19", "Due 1 December"]);
	});

	it("follows the schema of descriptions", () => {
		for (const { lines } of [...known, ...heldOut]) {
			const description = describe(lines, image);
			expect(imageDescription.parse(description)).toEqual(description);
		}
	});
});

it("a picture without text is described by its shape, size, colours, day and camera", () => {
	const { headline, summary, image_details } = describe([], {
		...image,
		width: 4_000,
		height: 3_000,
		takenAt: takenAt("2024-06-14T23:35:00", "-07:00", "exif"),
		camera: "Canon EOS R6",
	});
	expect(headline).toBe("Photo, mostly blue, taken in June 2024");
	expect(summary).toBe("Landscape, 4000 × 3000 pixels. Mostly blue. Taken on 14 June 2024. Camera: Canon EOS R6.");
	expect(image_details).toMatchObject({ picture_kind: "photo", facts: [], objects: [], emotions: [] });
});
