import { z } from "zod";
import { AwsError } from "../../endpoint/types.ts";

const text = z.string();
const policyDocument = z.strictObject({
	expiration: z.iso.datetime(),
	conditions: z.array(
		z.union([
			z.tuple([z.enum(["eq", "starts-with"]), text.startsWith("$"), text]),
			z.tuple([z.literal("content-length-range"), z.int(), z.int()]),
			z.record(text, text).refine((simple) => Object.keys(simple).length === 1),
		]),
	),
});

/** The upload a form permits. */
export interface PostPolicy {
	/** Milliseconds since 1970. */
	expiresAt: number;
	matches: Match[];
	/** Size of the file in bytes, bounds included. */
	length: { min: number; max: number };
}

interface Match {
	operator: "eq" | "starts-with";
	/** In lower case: field names are not case-sensitive. */
	field: string;
	value: string;
	/** As S3 quotes the condition in an error. */
	source: string;
}

/** @throws AwsError `InvalidPolicyDocument` */
export function parsePolicy(base64: string): PostPolicy {
	let json: unknown;
	try {
		json = JSON.parse(Buffer.from(base64, "base64").toString());
	} catch {
		throw invalid("Invalid JSON.");
	}
	const { success, data } = policyDocument.safeParse(json);
	if (!success) {
		const { expiration, conditions } = (json ?? {}) as Record<string, unknown>;
		if (expiration === undefined) throw invalid("Policy missing expiration.");
		if (conditions === undefined) throw invalid("Policy missing conditions.");
		throw invalid("Invalid expiration or condition.");
	}
	const policy: PostPolicy = {
		expiresAt: Date.parse(data.expiration),
		matches: [],
		length: { min: 0, max: Number.POSITIVE_INFINITY },
	};
	const match = (operator: Match["operator"], field: string, value: string) =>
		policy.matches.push({
			operator,
			field: field.toLowerCase(),
			value,
			source: JSON.stringify([operator, `$${field}`, value]),
		});
	for (const condition of data.conditions) {
		if (!Array.isArray(condition)) {
			for (const [field, value] of Object.entries(condition)) {
				match("eq", field, value);
			}
		} else if (condition[0] === "content-length-range") {
			const [, min, max] = condition;
			policy.length.min = Math.max(policy.length.min, min);
			policy.length.max = Math.min(policy.length.max, max);
		} else {
			match(condition[0], condition[1].slice(1), condition[2]);
		}
	}
	return policy;
}

/** Fields that need no condition, besides `x-ignore-...`. */
const exemptFields = new Set(["policy", "x-amz-signature", "file"]);

/**
 * Requires that the fields, by lower-case name, meet every condition, and that every field has a condition.
 * @throws AwsError `AccessDenied`
 */
export function requireConditions(policy: PostPolicy, fields: Map<string, string>, now: number): void {
	if (now > policy.expiresAt) throw denied("Policy expired.");
	for (const { operator, field, value, source } of policy.matches) {
		const text = fields.get(field);
		// A list of types starts with the prefix if every type does.
		const parts = field === "content-type" ? text?.split(",") : [text];
		const isMet = operator === "eq" ? text === value : parts?.every((part) => part?.trim().startsWith(value));
		if (!isMet) throw denied(`Policy Condition failed: ${source}`);
	}
	const bound = new Set(policy.matches.map(({ field }) => field));
	const extra = [...fields.keys()].filter(
		(name) => !bound.has(name) && !exemptFields.has(name) && !name.startsWith("x-ignore-"),
	);
	if (extra.length > 0) {
		throw denied(`Extra input fields: ${extra.join(", ")}`);
	}
}

const invalid = (reason: string) => new AwsError("InvalidPolicyDocument", `Invalid Policy: ${reason}`);

const denied = (reason: string) => new AwsError("AccessDenied", `Invalid according to Policy: ${reason}`, 403);
