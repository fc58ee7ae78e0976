import { expect, it } from "vitest";
import { removeUnsupportedSentences } from "#core/chat/cited-answer.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { itemRefs } from "#core/items/item-refs.ts";

const pass = "1c6a680c-e5e3-42e0-9bf2-bed7863237d9";
const ramen = "d5ebd2cd-f71b-4d6e-898a-0e3cc02302ff";
const stranger = "fe0288ee-5bcf-46e5-8ce6-c1c65cae5395";

const item = (ref: string, more: Partial<QuotedItem>): QuotedItem => ({
	ref,
	category: "Travel",
	headline: "",
	summary: "",
	labels: "",
	extractedText: "",
	...more,
});
const items = new Map([
	[
		pass,
		item("1c6a680c", {
			headline: "A boarding pass from Oslo to Reykjavik",
			summary: "Flight FI 319 leaves at 12.30. The seat is 14C.",
			extractedText: "OSL - KEF\nGate 12\nBoarding 11:55",
		}),
	],
	[
		ramen,
		item("d5ebd2cd", {
			headline: "Ichiran ramen in Fukuoka",
			summary: "A bowl costs 1180 yen at the headquarters.",
		}),
	],
]);
const check = (text: string, totals: number[] = []) =>
	removeUnsupportedSentences(text, itemRefs(items.keys()), items, new Set(totals));

it("keeps sentences that their items support, and cites whole ids", () => {
	const answer = check(
		"The flight to Reykjavik boards at gate 12 [1c6a680c]. A bowl of ramen costs 1180 yen [d5ebd2cd].",
	);
	expect(answer).toMatchObject({
		text: `The flight to Reykjavik boards at gate 12 [${pass}]. A bowl of ramen costs 1180 yen [${ramen}].`,
		citations: [
			{
				itemId: pass,
				sentence: "The flight to Reykjavik boards at gate 12.",
				snippet: "Gate 12",
			},
			{
				itemId: ramen,
				sentence: "A bowl of ramen costs 1180 yen.",
				snippet: "A bowl costs 1180 yen at the headquarters.",
			},
		],
		keptShare: 1,
	});
	expect(answer?.meanSupport).toBeGreaterThan(0.8);
});

it.each([
	["after the full stop", "Your gate is 12. [1c6a680c]"],
	["as the whole id", `Your gate is 12 [${pass}].`],
	["as a bare id", `Your gate is 12 ${pass}.`],
	["in the middle", "Your gate [1c6a680c] is 12."],
	["in a list", "- Your gate is 12 [1c6a680c]"],
	["twice", "Your gate is 12 [1c6a680c] [1c6a680c, 1C6A680C]."],
])("finds a citation %s", (_, text) => {
	const answer = check(text);
	expect(answer?.citations.map(({ itemId }) => itemId)).toEqual([pass]);
	expect(answer?.text).toContain(`[${pass}]`);
	expect(answer?.text.match(/1c6a680c/gi)).toHaveLength(1);
});

it("drops ids that were not retrieved, and sentences without another id", () => {
	const answer = check(
		`The gate is 12 [1c6a680c, fe0288ee]. The seat is 14C [${stranger}]. Flight FI 319 [item-9] [42].`,
	);
	expect(answer?.text).toBe(`The gate is 12 [${pass}].`);
	expect(answer?.keptShare).toBeCloseTo(1 / 3);
});

it("removes the brackets of ids that were not retrieved from a kept sentence", () => {
	expect(check(`The gate is 12 [1c6a680c] [item-9] [${stranger}].`)?.text).toBe(`The gate is 12 [${pass}].`);
});

it("assigns a citation after a full stop to the sentence before it", () => {
	expect(check("The gate is 12. [1c6a680c] A bowl costs 1180 yen. [d5ebd2cd]")?.text).toBe(
		`The gate is 12 [${pass}]. A bowl costs 1180 yen [${ramen}].`,
	);
});

it("does not count a sentence without content words", () => {
	expect(check("It is. The gate is 12 [1c6a680c].")?.keptShare).toBe(1);
});

it("drops a sentence with less than a quarter of its words in the item it cites", () => {
	expect(check("Flight attendants served champagne and caviar [1c6a680c].")).toBeNull();
	expect(check("Flight attendants served champagne [1c6a680c].")?.meanSupport).toBe(0.25);
});

it("drops a sentence without a citation", () => {
	expect(check("You fly first class. The gate is 12 [1c6a680c].")?.text).toBe(`The gate is 12 [${pass}].`);
});

it("drops a claim that is not in the item it cites", () => {
	expect(check("The moon is made of green cheese [1c6a680c].")).toBeNull();
	expect(check("Dinner was booked by Anna for nine o'clock [d5ebd2cd].")).toBeNull();
});

it("drops a cited item that has no word of the sentence", () => {
	const answer = check("The gate is 12 [1c6a680c, d5ebd2cd].");
	expect(answer?.text).toBe(`The gate is 12 [${pass}].`);
});

it("halves the support of a sentence with a wrong number", () => {
	const right = check("A bowl costs 1180 yen [d5ebd2cd].");
	const wrong = check("A bowl costs 9800 yen [d5ebd2cd].");
	expect(right?.meanSupport).toBe(1);
	expect(wrong?.meanSupport ?? 0).toBeLessThan(0.5);
});

it("keeps brackets that cite nothing, and line breaks", () => {
	expect(check("Gate 12 [sic] [1c6a680c].\n- Ichiran ramen [d5ebd2cd]")?.text).toBe(
		`Gate 12 [sic] [${pass}].\n- Ichiran ramen [${ramen}]`,
	);
});

it.each(["", "   ", "[1c6a680c]", "[1c6a680c].", "...", "\ud83d [1c6a680c]"])("returns null for %j", (text) => {
	expect(check(text)).toBeNull();
});

it("distinguishes items whose ids have a common prefix", () => {
	const itemIds = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"] as const;
	const refs = itemRefs(itemIds);
	const names = itemIds.map((id) => refs.refFor(id));
	expect(names).toEqual(["00000000", itemIds[1]]);
	expect(names.map((name) => refs.itemIdFor(name))).toEqual(itemIds);
	expect(refs.itemIdFor("00000001")).toBeNull();
	expect(itemRefs().itemIdFor(itemIds[0])).toBeNull();
});

it.each([
	["Password: Sommer-2026!xY", "Password: Sommer-2026!xY [{}]."],
	["The password is zwaluw2025!", "The password is zwaluw2025! [{}]."],
	[
		"Your visit with Dr. Hansen is on 12. Mai 2026 at 14:15",
		"Your visit with Dr. Hansen is on 12. Mai 2026 at 14:15 [{}].",
	],
	["Join at https://meet.example.com/j?id=8842&pwd=Qx7z", "Join at https://meet.example.com/j?id=8842&pwd=Qx7z [{}]."],
])("keeps %j whole where the citation stands before the full stop", (line, cited) => {
	const note = new Map([[pass, item("1c6a680c", { extractedText: line })]]);
	const answer = removeUnsupportedSentences(`${line} [1c6a680c].`, itemRefs(note.keys()), note);
	expect(answer?.text).toBe(cited.replace("{}", pass));
	expect(answer?.citations.map(({ sentence }) => sentence.replace(/\.$/, ""))).toEqual([line]);
});

it("keeps a sentence that says how many there are, as a list or a count gave", () => {
	const text = `You have 12 pictures of trips from 2026-06-01 to 2026-06-30. The latest is a boarding pass [${pass}].`;
	expect(check(text, [12])).toMatchObject({
		text,
		citations: [{ itemId: pass }],
		counts: ["You have 12 pictures of trips from 2026-06-01 to 2026-06-30."],
		keptShare: 1,
	});
	expect(check("You have 12 pictures.", [12])?.text).toBe("You have 12 pictures.");
	const list = `I found 2 about Oslo and ramen:\n- A boarding pass [${pass}]\n- A bowl of ramen [${ramen}]`;
	expect(check(list, [3])?.text).toBe(list);
});

it("removes a number that neither a list nor a count gave, or that stands beside one that did", () => {
	const latest = `The latest is a boarding pass [${pass}].`;
	for (const wrong of ["You have 13 pictures.", "Of 12 pictures 11 are blue.", "You have 12 [deadbeef1]."]) {
		expect(check(`${wrong} ${latest}`, [12])?.text).toBe(latest);
	}
	expect(check(`You have 12 pictures. ${latest}`)?.text).toBe(latest);
});
