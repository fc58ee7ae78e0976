import { z } from "zod";
import { arnPattern, type Matches, wildcard } from "./patterns.ts";
import type { Context } from "./permission.ts";

export type Condition = (context: Context) => boolean;

/** The keys that calls here carry; a policy that asks for another would mean something else on AWS. */
const knownKeys = new Set([
	"aws:principalaccount",
	"aws:principalarn",
	"aws:requestedregion",
	"aws:securetransport",
	"aws:sourceaccount",
	"aws:sourcearn",
	"s3:delimiter",
	"s3:prefix",
]);

interface Operator {
	matches(wanted: string): Matches;
	/** Holds where no value matches, and where the call does not carry the key. */
	negated?: boolean;
}

const equals = (wanted: string) => (text: string) => text === wanted;
const equalsAnyCase = (wanted: string) => (text: string) =>
	text.toLowerCase() === wanted.toLowerCase();

/** ArnEquals and ArnLike are the same on AWS, too. */
const operators: Readonly<Record<string, Operator>> = {
	StringEquals: { matches: equals },
	StringNotEquals: { matches: equals, negated: true },
	StringEqualsIgnoreCase: { matches: equalsAnyCase },
	StringNotEqualsIgnoreCase: { matches: equalsAnyCase, negated: true },
	StringLike: { matches: wildcard },
	StringNotLike: { matches: wildcard, negated: true },
	ArnEquals: { matches: arnPattern },
	ArnLike: { matches: arnPattern },
	ArnNotEquals: { matches: arnPattern, negated: true },
	ArnNotLike: { matches: arnPattern, negated: true },
	Bool: { matches: equalsAnyCase },
};

const value = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const block = z.record(
	z.string(),
	z.record(
		z.string(),
		z.union([z.array(value), value.transform((one) => [one])]),
	),
);

/** Reads a statement's conditions, all of which must hold. @throws where one cannot be judged here */
export function readConditions(written: unknown): Condition {
	const conditions = Object.entries(block.parse(written ?? {})).flatMap(
		([name, keys]) =>
			Object.entries(keys).map(([key, values]) => one(name, key, values)),
	);
	return (context) => conditions.every((holds) => holds(context));
}

function one(name: string, writtenKey: string, values: string[]): Condition {
	const key = writtenKey.toLowerCase();
	if (!knownKeys.has(key)) {
		throw new Error(
			`the condition key ${writtenKey} is not one that calls carry here: add it to packages/cdk-local/services/iam/conditions.ts and to the calls`,
		);
	}
	for (const text of values) refuseVariables(text);
	if (name === "Null") {
		const absent = values[0] === "true";
		return (context) => (context[key] === undefined) === absent;
	}
	const ifExists = name.endsWith("IfExists");
	const operator = name.replace(/IfExists$/, "");
	const known = Object.hasOwn(operators, operator)
		? operators[operator]
		: undefined;
	if (!known) {
		throw new Error(
			`the local cloud does not know the condition operator ${name}: add it to packages/cdk-local/services/iam/conditions.ts`,
		);
	}
	const wanted = values.map(known.matches);
	return (context) => {
		const given = context[key];
		if (given === undefined) return ifExists || known.negated === true;
		return (
			wanted.some((matches) => matches(given)) !== (known.negated ?? false)
		);
	};
}

/** `${aws:username}` and the like stand for something of the call. @throws */
export function refuseVariables(text: string): void {
	if (text.includes("${")) {
		throw new Error(
			`the policy variable in ${text} is not filled in by the local cloud`,
		);
	}
}
