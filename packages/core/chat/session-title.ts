import { maxTitleLength } from "../ports/index.ts";

/** Returns the title of a session that its person has not named: the beginning of its first question. */
export const titleOf = (question: string): string =>
	// A character outside the basic plane is two units, which may not be parted.
	question.slice(0, maxTitleLength).replace(/[\ud800-\udbff]$/, "");
