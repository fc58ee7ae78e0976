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

/** What a form may upload. */
export interface PostPolicy {
	/** Milliseconds since 1970. */
	expiresAt: number;
	matches: Match[];
	/** Bytes of the file, both included. */
	length: { least: number; most: number };
}

interface Match {
	how: "eq" | "starts-with";
	/** In lower case: field names are not case-sensitive. */
	field: string;
	value: string;
	/** As S3 quotes it when it does not hold. */
	written: string;
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
		length: { least: 0, most: Number.POSITIVE_INFINITY },
	};
	const match = (how: Match["how"], field: string, value: string) =>
		policy.matches.push({
			how,
			field: field.toLowerCase(),
			value,
			written: JSON.stringify([how, `$${field}`, value]),
		});
	for (const condition of data.conditions) {
		if (!Array.isArray(condition)) {
			for (const [field, value] of Object.entries(condition)) {
				match("eq", field, value);
			}
		} else if (condition[0] === "content-length-range") {
			const [, least, most] = condition;
			policy.length.least = Math.max(policy.length.least, least);
			policy.length.most = Math.min(policy.length.most, most);
		} else {
			match(condition[0], condition[1].slice(1), condition[2]);
		}
	}
	return policy;
}

/** Fields that need no condition, beside `x-ignore-...`. */
const free = new Set(["policy", "x-amz-signature", "file"]);

/**
 * Holds the fields of a form, by lower-case name, against every condition, and the conditions against every field.
 * @throws AwsError `AccessDenied`
 */
export function checkFields(
	policy: PostPolicy,
	fields: Map<string, string>,
	now: number,
): void {
	if (now > policy.expiresAt) throw denied("Policy expired.");
	for (const { how, field, value, written } of policy.matches) {
		const given = fields.get(field);
		// A list of types begins with the prefix where each of them does.
		const each = field === "content-type" ? given?.split(",") : [given];
		const holds =
			how === "eq"
				? given === value
				: each?.every((part) => part?.trim().startsWith(value));
		if (!holds) throw denied(`Policy Condition failed: ${written}`);
	}
	const bound = new Set(policy.matches.map(({ field }) => field));
	const extra = [...fields.keys()].filter(
		(name) =>
			!bound.has(name) && !free.has(name) && !name.startsWith("x-ignore-"),
	);
	if (extra.length > 0) {
		throw denied(`Extra input fields: ${extra.join(", ")}`);
	}
}

const invalid = (why: string) =>
	new AwsError("InvalidPolicyDocument", `Invalid Policy: ${why}`);

const denied = (why: string) =>
	new AwsError("AccessDenied", `Invalid according to Policy: ${why}`, 403);
