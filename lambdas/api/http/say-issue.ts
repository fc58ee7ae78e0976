import type { z } from "zod";

/** Names of types as a JSON document has them. */
const types: Record<string, string> = {
	string: "text",
	number: "a number",
	int: "a whole number",
	boolean: "true or false",
	array: "a list",
	object: "an object",
	record: "an object",
};

/** Sentences that the validator writes by itself; ours stay as they are. */
const isOfValidator = /^(?:Too (?:small|big)|Invalid (?:ISO|input|UUID|URL)):? ?/;

/** Says what a field must be. */
export function sayIssue(issue: z.core.$ZodIssue): string {
	if (!isOfValidator.test(issue.message)) return issue.message;
	switch (issue.code) {
		case "too_small":
			return sayLimit(issue.origin, Number(issue.minimum), "at least");
		case "too_big":
			return sayLimit(issue.origin, Number(issue.maximum), "at most");
		case "invalid_type":
			return sayType(issue);
		case "invalid_format":
			if (issue.format === "date") return "Must be a day, as 2026-03-01";
			if (issue.format === "datetime") return "Must be a time with its zone, as 2026-03-01T09:30:00Z";
			return issue.message;
		default:
			return issue.message;
	}
}

function sayLimit(origin: string, limit: number, bound: "at least" | "at most"): string {
	const isMany = limit !== 1;
	if (origin === "string") {
		return bound === "at least" && !isMany
			? "Must not be empty"
			: `Must have ${bound} ${limit} character${isMany ? "s" : ""}`;
	}
	if (origin === "array" || origin === "set") return `Must have ${bound} ${limit} ${isMany ? "entries" : "entry"}`;
	return `Must be ${bound} ${limit}`;
}

function sayType({ expected, message }: z.core.$ZodIssueInvalidType): string {
	if (message.endsWith("received null")) return "Must not be null";
	if (expected === "string" && message.endsWith("received array")) return "May be given once only";
	const type = types[expected];
	return type ? `Must be ${type}` : message;
}
