import { describe, expect, it } from "vitest";
import { offlineChat } from "#ai/offline/chat.ts";
import { answerQuestion } from "#core/chat/answer-question.ts";
import { quotedItem, shortQuote } from "#core/chat/quoted-items.ts";
import { imageDescription } from "#core/items/analysis.ts";
import { visionKey } from "#core/items/item.ts";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import type { Vision } from "#core/ports/index.ts";
import { verifyDescription } from "#core/verification/verify-description.ts";
import { fakePorts } from "#fakes/ports.ts";
import { processedItem } from "../../contracts/item-states.ts";
import { newUser } from "../../contracts/new-rows.ts";

const box = { x: 0.1, y: 0.1, width: 0.5, height: 0.05 };

const describedAs = (headline: string, summary: string, read: string[], extracted = read) =>
	imageDescription.parse({
		...{ category: "Food", headline, summary },
		image_details: {
			extracted_text: extracted,
			text_lines: read.map((text) => ({ text, confidence: 0.9, box })),
		},
		media_metadata: {},
	});

/** Has the pipeline describe an item, by a model that says this. */
async function analyzed(description: ReturnType<typeof describedAs>, ports = fakePorts(), user = newUser()) {
	const item = await processedItem(ports, user, {}, { takenAt: null });
	await ports.objects.put(visionKey(user, item.id), new Uint8Array([1]), "image/jpeg");
	const vision: Vision = {
		describe: async () => ({ description, provider: "test", model: "test-1", traceId: null, usage: [] }),
	};
	const deadline = new Date(Date.now() + 60_000);
	const events = { publish: async () => {} };
	await analyzeItem({ ...ports, vision, events }, { user_id: user, item_id: item.id }, { leaseSeconds: 60, deadline });
	const found = await ports.items.find(user, item.id);
	if (!found?.latestAnalysis) throw new Error("It was not analyzed.");
	return { ports, user, found, analysis: found.latestAnalysis };
}

const wrong = describedAs("Receipt of Greengate", "The receipt of Greengate has a total of £46.18. It lists milk.", [
	"GREENGATE",
	"Receipt",
	"Milk",
	"TOTAL £64.18",
]);

describe("an analysis", () => {
	it("is checked against the picture's own text when it is stored", async () => {
		const { analysis, ports, user } = await analyzed(wrong);
		expect(analysis.verification).toMatchObject({
			riskLevel: "high",
			unsupported: [
				{
					...{ field: "summary", text: "The receipt of Greengate has a total of £46.18.", verdict: "contradicted" },
					reason: 'Another number stands there: "£64.18" in place of "£46.18".',
				},
			],
		});
		expect(await ports.items.count(user, { risk: "high" })).toBe(1);
		expect(await ports.items.count(user, { risk: "critical" })).toBe(0);
	});

	it("that the picture supports has a low risk, and nothing unsupported", async () => {
		const { analysis } = await analyzed(
			describedAs("Receipt of Greengate", "Total £64.18.", ["GREENGATE", "Receipt", "Total £64.18"]),
		);
		expect(analysis.verification).toEqual({ accuracyScore: 100, riskLevel: "low", unsupported: [] });
	});

	it("is not supported by text that its model made up", async () => {
		const read = ["GREENGATE", "Receipt", "TOTAL £64.18"];
		const { analysis } = await analyzed(describedAs("Receipt of Greengate", "Total £46.18.", read, ["Total £46.18"]));
		expect(analysis.verification?.unsupported[0]?.verdict).toBe("contradicted");
	});

	it("of a picture without text is not judged", async () => {
		const { analysis } = await analyzed(describedAs("A boat on a lake", "The boat is red.", []));
		expect(analysis.verification).toBeUndefined();
	});

	it("is compared with other versions, too", async () => {
		const { found } = await analyzed(wrong);
		const boat = describedAs("Boat 12 on a lake", "A boat on a lake.", []);
		const again = describedAs("Boat 14 on a lake", "A boat on a lake.", []);
		expect(verifyDescription(found.item, again, [])).toBeNull();
		expect(verifyDescription(found.item, again, [{ description: boat }])).toMatchObject({
			unsupported: [{ field: "headline", verdict: "contradicted" }],
		});
	});

	it("is quoted to no model with a claim whose number the picture has otherwise, so no answer cites it", async () => {
		const { ports, user, found, analysis } = await analyzed(wrong);
		const hit = { itemId: found.item.id, mimeType: "image/png", score: 1, analysisId: analysis.id } as const;
		const { text, citations } = await answerQuestion({ ...ports, chat: offlineChat() }, user, {
			question: "What is the total of the Greengate receipt?",
			hits: [{ ...hit, category: "Food", headline: "", summary: "" }],
			deadline: new Date(Date.now() + 10_000),
		});
		expect(text).toContain("64.18");
		expect(JSON.stringify([text, citations])).not.toContain("46.18");
		await ports.edits.edit(user, found.item.id, { summary: "The total is £46.18." });
		const edited = await ports.items.find(user, found.item.id);
		expect(edited && quotedItem("ref", edited, shortQuote)?.summary, "a person's own words stay").toContain("46.18");
	});
});
