import { validation } from "./errors.ts";
import { type Placeholders, Reader, valueAt } from "./reader.ts";
import { compare, contentOf, equal, type Item, typeOf, type Value } from "./values.ts";

/** Tests an item, which is empty if there is none. */
type Condition = (item: Item) => boolean;
type Operand = (item: Item) => Value | undefined;

const functions = ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"];

/** Parses a `ConditionExpression` or `FilterExpression`. @param keyNames attributes that a query's filter must not name */
export function readCondition(
	text: string,
	expression: string,
	placeholders: Placeholders,
	keyNames: readonly string[] = [],
): Condition {
	const reader = new Reader(text, expression, placeholders);
	const condition = or(reader);
	reader.end();
	for (const name of keyNames) {
		if (!reader.attributes.has(name)) continue;
		throw validation(`Filter Expression can only contain non-primary key attributes: Primary key attribute: ${name}`);
	}
	return condition;
}

function or(reader: Reader): Condition {
	let left = and(reader);
	while (reader.takeIf("OR")) {
		const [a, b] = [left, and(reader)];
		left = (item) => a(item) || b(item);
	}
	return left;
}

function and(reader: Reader): Condition {
	let left = not(reader);
	while (reader.takeIf("AND")) {
		const [a, b] = [left, not(reader)];
		left = (item) => a(item) && b(item);
	}
	return left;
}

function not(reader: Reader): Condition {
	if (!reader.takeIf("NOT")) return primary(reader);
	const condition = not(reader);
	return (item) => !condition(item);
}

function primary(reader: Reader): Condition {
	if (reader.takeIf("(")) {
		const condition = or(reader);
		reader.expect(")");
		return condition;
	}
	const name = reader.takeFunction(functions);
	return name && name !== "size"
		? functionCall(name, reader)
		: comparison(name ? size(reader) : operand(reader), reader);
}

function functionCall(name: string, reader: Reader): Condition {
	const path = reader.path();
	const value: Operand = (item) => valueAt(item, path);
	if (name === "attribute_exists" || name === "attribute_not_exists") {
		reader.expect(")");
		const shouldExist = name === "attribute_exists";
		return (item) => (value(item) !== undefined) === shouldExist;
	}
	reader.expect(",");
	const argument = operand(reader);
	reader.expect(")");
	return (item) => {
		const [a, b] = [value(item), argument(item)];
		if (!a || !b) return false;
		if (name === "attribute_type") return typeOf(a) === contentOf(b);
		return name === "begins_with" ? beginsWith(a, b) : contains(a, b);
	};
}

function beginsWith(value: Value, prefix: Value): boolean {
	if ("S" in value && "S" in prefix) return value.S.startsWith(prefix.S);
	if (!("B" in value) || !("B" in prefix)) return false;
	const bytes = Buffer.from(prefix.B, "base64");
	return Buffer.from(value.B, "base64").subarray(0, bytes.length).equals(bytes);
}

function contains(value: Value, part: Value): boolean {
	if ("S" in value && "S" in part) return value.S.includes(part.S);
	if ("B" in value && "B" in part) {
		return Buffer.from(value.B, "base64").includes(Buffer.from(part.B, "base64"));
	}
	if ("SS" in value && "S" in part) return value.SS.includes(part.S);
	if ("NS" in value && "N" in part) return value.NS.includes(part.N);
	if ("BS" in value && "B" in part) return value.BS.includes(part.B);
	return "L" in value && value.L.some((element) => equal(element, part));
}

function comparison(left: Operand, reader: Reader): Condition {
	if (reader.takeIf("BETWEEN")) {
		const low = operandOrSize(reader);
		reader.expect("AND");
		const high = operandOrSize(reader);
		return (item) =>
			ordered(left(item), low(item), (order) => order >= 0) && ordered(left(item), high(item), (order) => order <= 0);
	}
	if (reader.takeIf("IN")) {
		reader.expect("(");
		const choices = [operand(reader)];
		while (reader.takeIf(",")) choices.push(operand(reader));
		reader.expect(")");
		return (item) => choices.some((choice) => same(left(item), choice(item)));
	}
	const operator = reader.take();
	if (!["=", "<>", "<", "<=", ">", ">="].includes(operator)) {
		throw reader.error(`Syntax error; token: "${operator}"`);
	}
	const right = operandOrSize(reader);
	return (item) => {
		const [a, b] = [left(item), right(item)];
		if (operator === "=") return same(a, b);
		// A missing attribute differs from every value.
		if (operator === "<>") return !same(a, b);
		return ordered(a, b, (order) => satisfies(order, operator));
	};
}

/** Tests a comparison result, which is negative if the left side is less. */
export function satisfies(order: number, operator: string): boolean {
	if (operator === "=") return order === 0;
	if (operator === "<") return order < 0;
	if (operator === "<=") return order <= 0;
	return operator === ">" ? order > 0 : order >= 0;
}

const same = (a: Value | undefined, b: Value | undefined) => a !== undefined && b !== undefined && equal(a, b);

function ordered(a: Value | undefined, b: Value | undefined, test: (order: number) => boolean): boolean {
	const order = a && b && compare(a, b);
	return order !== undefined && test(order);
}

function operandOrSize(reader: Reader): Operand {
	return reader.takeFunction(["size"]) ? size(reader) : operand(reader);
}

function operand(reader: Reader): Operand {
	if (reader.atValue) {
		const value = reader.value();
		return () => value;
	}
	const path = reader.path();
	return (item) => valueAt(item, path);
}

function size(reader: Reader): Operand {
	const path = reader.path();
	reader.expect(")");
	return (item) => {
		const value = valueAt(item, path);
		const length = value && lengthOf(value);
		return length === undefined ? undefined : { N: String(length) };
	};
}

function lengthOf(value: Value): number | undefined {
	if ("B" in value) return Buffer.byteLength(value.B, "base64");
	const content = contentOf(value);
	if ("S" in value) return value.S.length;
	if (Array.isArray(content)) return content.length;
	return "M" in value ? Object.keys(value.M).length : undefined;
}
