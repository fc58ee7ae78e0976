import type { z } from "zod";
import { AppError, type FieldProblem } from "#core/errors.ts";
import { sayIssue } from "./say-issue.ts";

const maxProblems = 20;

/** Converts what a schema refused to an error that names every wrong or unknown field. */
export function invalidFields(target: string, issues: z.core.$ZodIssue[]): AppError {
	const part = target === "json" || target === "form" ? "body" : target;
	const fields = issues.flatMap((issue) => fieldProblems(part, issue)).slice(0, maxProblems);
	const summary = fields
		.slice(0, 3)
		.map(({ field, detail }) => `${field}: ${detail}`)
		.join("; ");
	return new AppError("invalid_fields", `${summary}.`, { fields });
}

/** Guesses which form of a value its sender meant: one of its type, and of these the one that knows the most of its fields. */
function meant(forms: z.core.$ZodIssue[][]): z.core.$ZodIssue[] {
	const ofType = forms.filter(
		(issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0),
	);
	const unknown = (issues: z.core.$ZodIssue[]) =>
		issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 0), 0);
	const [best = []] = (ofType.length > 0 ? ofType : forms).toSorted((a, b) => unknown(a) - unknown(b));
	return best;
}

function fieldProblems(part: string, issue: z.core.$ZodIssue): FieldProblem[] {
	const path = [part, ...issue.path];
	// A union by a field has no forms where that field's value names none; one with a sentence of its own has said it.
	if (issue.code === "invalid_union" && issue.errors.length > 0 && issue.message === "Invalid input")
		return meant(issue.errors).flatMap((each) => fieldProblems(path.join("."), each));
	if (issue.code !== "unrecognized_keys") {
		const isMissing = issue.message.endsWith("received undefined");
		const detail = isMissing ? "This field is missing" : sayIssue(issue);
		return [{ field: path.join("."), detail }];
	}
	return issue.keys.map((key) => ({
		field: [...path, key.slice(0, 100)].join("."),
		detail: "This field is not known here, remove it",
	}));
}
