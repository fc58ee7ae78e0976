import { expect, test } from "vitest";
import { putOffBy } from "#core/pipeline/outage.ts";

const day = 24 * 60 * 60;

test.each([
	["comes again when the model is asked again", 30, 1, 30],
	["waits for a moment at least", 1, 1, 5],
	["waits a quarter as long again as it has waited", 30, 400, 100],
	["waits five minutes at the longest", 30, 10 * day, 300],
])("work that an outage stops %s", (_, seconds, waited, expected) => {
	expect(putOffBy({ wasAsked: false, seconds }, waited)).toEqual({ seconds: expected, counts: false });
});

test("only requests in vain after a day count as attempts", () => {
	const counts = (wasAsked: boolean, waited: number) => putOffBy({ wasAsked, seconds: 30 }, waited).counts;
	expect([counts(true, day), counts(true, day + 1), counts(false, day + 1)]).toEqual([false, true, false]);
});
