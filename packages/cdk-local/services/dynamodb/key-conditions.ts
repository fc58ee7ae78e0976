import { satisfies } from "./conditions.ts";
import type { KeyNames } from "./keys.ts";
import { type Placeholders, Reader } from "./reader.ts";
import { compare, typeOf, type Value } from "./values.ts";

/** The keys that a `KeyConditionExpression` selects: one hash key and a range of range keys. */
export interface KeyRange {
	hash: string;
	/** Inclusive bounds that limit the read; `matches` decides. */
	low?: string;
	high?: string;
	matches(range: string): boolean;
}

interface Term {
	name: string;
	operator: string;
	values: string[];
}

/** Parses a `KeyConditionExpression` for a table or index with this key. */
export function readKeyCondition(text: string, names: KeyNames, placeholders: Placeholders): KeyRange {
	const reader = new Reader(text, "KeyConditionExpression", placeholders);
	const terms = conjunction(reader);
	reader.end();
	const [hash] = terms.filter(({ name }) => name === names.hash);
	const [range] = terms.filter(({ name }) => name === names.range);
	if (hash?.operator !== "=" || terms.length !== (range ? 2 : 1)) {
		const missed = hash ? names.range : names.hash;
		throw hash && terms.length === 1
			? reader.error("Query key condition not supported")
			: reader.error(`Query condition missed key schema element: ${missed}`);
	}
	return {
		hash: hash.values[0] as string,
		...(range ? bounds(range) : { matches: () => true }),
	};
}

function conjunction(reader: Reader): Term[] {
	const terms = term(reader);
	while (reader.takeIf("AND")) terms.push(...term(reader));
	return terms;
}

function term(reader: Reader): Term[] {
	if (reader.takeIf("(")) {
		const inner = conjunction(reader);
		reader.expect(")");
		return inner;
	}
	if (reader.takeFunction(["begins_with"])) {
		const name = reader.name();
		reader.expect(",");
		const prefix = text(reader);
		reader.expect(")");
		return [{ name, operator: "begins_with", values: [prefix] }];
	}
	const name = reader.name();
	if (reader.takeIf("BETWEEN")) {
		const low = text(reader);
		reader.expect("AND");
		const high = text(reader);
		if (order(low, high) > 0) {
			throw reader.error("The BETWEEN operator requires upper bound to be greater than or equal to lower bound");
		}
		return [{ name, operator: "between", values: [low, high] }];
	}
	const operator = reader.take();
	if (!["=", "<", "<=", ">", ">="].includes(operator)) {
		throw reader.error(`Invalid operator used in KeyConditionExpression: ${operator}`);
	}
	return [{ name, operator, values: [text(reader)] }];
}

/** Reads a key value: every key is text. */
function text(reader: Reader): string {
	const value: Value = reader.value();
	if ("S" in value) return value.S;
	throw reader.error(`Condition parameter type does not match schema type: ${typeOf(value)}`);
}

const order = (left: string, right: string) => compare({ S: left }, { S: right }) as number;

function bounds({ operator, values }: Term): Omit<KeyRange, "hash"> {
	const [first = "", second = ""] = values;
	if (operator === "begins_with") {
		// U+10FFFF is the last character, so no text with this prefix is greater.
		return {
			low: first,
			high: `${first}\u{10FFFF}`,
			matches: (range) => range.startsWith(first),
		};
	}
	if (operator === "between") {
		return { low: first, high: second, matches: () => true };
	}
	return {
		...(operator !== "<" && operator !== "<=" && { low: first }),
		...(operator !== ">" && operator !== ">=" && { high: first }),
		matches: (range) => satisfies(order(range, first), operator),
	};
}
