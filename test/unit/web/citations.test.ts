import { expect, test } from "vitest";
import { answerPieces } from "#web/features/search/citations.ts";

const a = "0d7c1a2e-1111-4222-8333-444455556666";
const b = "0d7c1a2e-1111-4222-8333-444455557777";

test("citations are numbered in the order in which their items appear, an item once", () => {
	expect(answerPieces(`Gate 22 [${a}]. Seat 14C [${b}, ${a}].`)).toEqual([
		{ text: "Gate 22" },
		{ itemId: a, number: 1 },
		{ text: ". Seat 14C" },
		{ itemId: b, number: 2 },
		{ itemId: a, number: 1 },
		{ text: "." },
	]);
});

test("brackets without an id are text", () => {
	expect(answerPieces("Total [see below]")).toEqual([{ text: "Total [see below]" }]);
});
