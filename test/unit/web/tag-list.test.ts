import { expect, test } from "vitest";
import { suggestedTags, withTag } from "#web/features/tags/tag-list.ts";

test("a tag is added once, in whatever case it is typed", () => {
	expect(withTag(["Sea"], " dusk ")).toEqual(["Sea", "dusk"]);
	expect(withTag(["Sea"], "SEA")).toEqual(["Sea"]);
	expect(withTag(["Sea"], "  ")).toEqual(["Sea"]);
});

test("suggestions begin with the text, then have it inside, without those that are chosen", () => {
	const known = ["Work", "Network", "Sea", "Workout"];
	expect(suggestedTags(known, "work", [], 6)).toEqual(["Work", "Workout", "Network"]);
	expect(suggestedTags(known, "work", ["WORK"], 6)).toEqual(["Workout", "Network"]);
	expect(suggestedTags(known, "", ["Sea"], 2)).toEqual(["Work", "Network"]);
});
