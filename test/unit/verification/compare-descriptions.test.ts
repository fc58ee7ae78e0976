import { describe, expect, it } from "vitest";
import { imageDescription } from "#core/items/analysis.ts";
import { compareDescriptions } from "#core/verification/compare-descriptions.ts";
import type { ComparedField } from "#core/verification/comparison.ts";
import { fakePorts } from "#fakes/ports.ts";
import { processedItem } from "../../contracts/item-states.ts";
import { newUser } from "../../contracts/new-rows.ts";

const box = { x: 0.1, y: 0.1, width: 0.5, height: 0.05 };
const item = await processedItem(fakePorts(), newUser(), {}, { takenAt: null, camera: null, colours: [] });

interface Said {
	headline?: string;
	summary?: string;
	extracted?: string[];
	read?: string[];
	objects?: string[];
	total?: string;
}

/** Makes a run of a model that says this. */
const run = ({ headline = "", summary = "", extracted = [], read = [], objects = [], total }: Said) => ({
	provider: "test",
	model: "test-1",
	description: imageDescription.parse({
		...{ category: "Food", headline, summary },
		image_details: {
			objects,
			extracted_text: extracted,
			text_lines: read.map((text) => ({ text, confidence: 0.9, box })),
			facts: total === undefined ? [] : [{ kind: "total", value: total, unit: "GBP", source_line: `TOTAL £${total}` }],
		},
		media_metadata: {},
	}),
	error: null,
	usage: [],
});

const fieldOf = (fields: ComparedField[], name: string) => fields.find(({ field }) => field === name);

const receipt = ["GREENGATE", "Receipt", "Milk", "TOTAL £64.18"];

describe("a comparison of two descriptions", () => {
	const right = run({
		headline: "Receipt of Greengate",
		summary: "A receipt with a total of £64.18.",
		extracted: receipt,
		read: receipt,
		objects: ["Receipt"],
		total: "64.18",
	});
	const wrong = run({
		headline: "receipt of GREENGATE!",
		summary: "A receipt with a total of £46.18.",
		extracted: ["GREENGATE", "TOTAL £46.18"],
		objects: ["receipt", "hand"],
		total: "46.18",
	});

	it("says where they differ, and which of them the text in the picture supports", () => {
		const { fields, runs } = compareDescriptions(item, [right, wrong], []);
		expect(fieldOf(fields, "headline")).toMatchObject({ differs: false, supported: [true, true] });
		expect(fieldOf(fields, "summary")).toEqual({
			field: "summary",
			differs: true,
			values: [["A receipt with a total of £64.18."], ["A receipt with a total of £46.18."]],
			supported: [true, false],
		});
		expect(fieldOf(fields, "extracted_text")).toMatchObject({ differs: true, supported: [true, false] });
		expect(fieldOf(fields, "facts")).toMatchObject({
			values: [["total 64.18 GBP"], ["total 46.18 GBP"]],
			supported: [true, false],
		});
		expect(fieldOf(fields, "objects")).toMatchObject({ differs: true, supported: [null, null] });
		expect(fieldOf(fields, "key_interest")).toMatchObject({ differs: false, supported: [null, null] });
		expect(runs[1].verification).toMatchObject({ unsupported: [{ field: "summary", verdict: "contradicted" }] });
		expect(JSON.stringify(runs)).not.toContain("text_lines");
	});

	it("says the same in the other order", () => {
		const there = compareDescriptions(item, [right, wrong], []).fields;
		const back = compareDescriptions(item, [wrong, right], []).fields;
		const turned = back.map((each) => ({
			...each,
			values: each.values.toReversed(),
			supported: each.supported.toReversed(),
		}));
		expect(turned).toEqual(there);
	});

	it("takes no model's word for its own text where nobody else read the picture", () => {
		const { fields } = compareDescriptions(item, [run({ extracted: receipt }), run({ extracted: ["Nothing"] })], []);
		expect(fieldOf(fields, "extracted_text")).toMatchObject({ differs: true, supported: [null, null] });
	});

	it("checks by the lines that a version of the item has", () => {
		const { fields } = compareDescriptions(
			item,
			[run({ extracted: receipt }), run({ extracted: ["Nothing"] })],
			[right],
		);
		expect(fieldOf(fields, "extracted_text")).toMatchObject({ supported: [true, false] });
	});

	it("of a model that refused the picture has no fields, and the other's description with its checks", () => {
		const refused = { ...right, description: null, error: { code: "vision_refused" as const, detail: "No." } };
		const { fields, runs } = compareDescriptions(item, [refused, right], []);
		expect(fields).toEqual([]);
		expect(runs).toMatchObject([{ verification: null, error: { code: "vision_refused" } }, { error: null }]);
		expect(runs[1].verification?.riskLevel).toBe("low");
	});
});
