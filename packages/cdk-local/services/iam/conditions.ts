import { z } from "zod";
import { arnPattern, type Matches, wildcard } from "./patterns.ts";
import type { Context } from "./permission.ts";

export type Condition = (context: Context) => boolean;

/** The condition keys that calls carry here; a policy with another key would behave differently on AWS. */
const knownKeys = new Set([
	"aws:principalaccount",
	"aws:principalarn",
	"aws:requestedregion",
	"aws:securetransport",
	"aws:sourceaccount",
	"aws:sourcearn",
	"dynamodb:leadingkeys",
	"s3:delimiter",
	"s3:prefix",
]);

interface Operator {
	matches(expected: string): Matches;
	/** True where no value matches, and where the call does not carry the key. */
	negated?: boolean;
}

const equals = (expected: string) => (text: string) => text === expected;
const equalsIgnoringCase = (expected: string) => (text: string) => text.toLowerCase() === expected.toLowerCase();

/** ArnEquals and ArnLike behave alike, as on AWS. */
const operators: Readonly<Record<string, Operator>> = {
	StringEquals: { matches: equals },
	StringNotEquals: { matches: equals, negated: true },
	StringEqualsIgnoreCase: { matches: equalsIgnoringCase },
	StringNotEqualsIgnoreCase: { matches: equalsIgnoringCase, negated: true },
	StringLike: { matches: wildcard },
	StringNotLike: { matches: wildcard, negated: true },
	ArnEquals: { matches: arnPattern },
	ArnLike: { matches: arnPattern },
	ArnNotEquals: { matches: arnPattern, negated: true },
	ArnNotLike: { matches: arnPattern, negated: true },
	Bool: { matches: equalsIgnoringCase },
};

const value = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const block = z.record(
	z.string(),
	z.record(z.string(), z.union([z.array(value), value.transform((single) => [single])])),
);

/** Reads a statement's conditions, all of which must hold. @throws where one is not supported */
export function readConditions(source: unknown): Condition {
	const conditions = Object.entries(block.parse(source ?? {})).flatMap(([name, keys]) =>
		Object.entries(keys).map(([key, values]) => readCondition(name, key, values)),
	);
	return (context) => conditions.every((holds) => holds(context));
}

function readCondition(name: string, keyInPolicy: string, values: string[]): Condition {
	const key = keyInPolicy.toLowerCase();
	if (!knownKeys.has(key)) {
		throw new Error(
			`no call carries the condition key ${keyInPolicy} here: add it to services/iam/conditions.ts and to the calls`,
		);
	}
	for (const text of values) refuseVariables(text);
	if (name === "Null") {
		const absent = values[0] === "true";
		return (context) => (context[key] === undefined) === absent;
	}
	const ifExists = name.endsWith("IfExists");
	// A call carries one value of a key here. One that carries none, as a query its partition, is refused, and not on AWS.
	const operator = name.replace(/^ForAllValues:|IfExists$/g, "");
	const definition = Object.hasOwn(operators, operator) ? operators[operator] : undefined;
	if (!definition) {
		throw new Error(`cdk-local does not know the condition operator ${name}: add it to services/iam/conditions.ts`);
	}
	const matchers = values.map(definition.matches);
	const negated = definition.negated ?? false;
	return (context) => {
		const actual = context[key];
		if (actual === undefined) return ifExists || negated;
		return matchers.some((matches) => matches(actual)) !== negated;
	};
}

/** Refuses policy variables such as `${aws:username}`. @throws */
export function refuseVariables(text: string): void {
	if (text.includes("${")) {
		throw new Error(`cdk-local does not resolve the policy variable in ${text}`);
	}
}
