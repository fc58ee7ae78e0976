import { z } from "zod";
import { invalidValue, validation } from "./errors.ts";
import { compareNumbers, normalNumber, numberSize } from "./numbers.ts";

/** An attribute value as the API writes it: `{"S": "text"}`; numbers as text, bytes in base64. */
export type Value =
	| { S: string }
	| { N: string }
	| { B: string }
	| { BOOL: boolean }
	| { NULL: true }
	| { SS: string[] }
	| { NS: string[] }
	| { BS: string[] }
	| { L: Value[] }
	| { M: Item };
export type Item = { [name: string]: Value };
type Type = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M";

const base64 = z.base64();

/** Parses a value and normalizes its numbers. @throws AwsError `ValidationException` */
function readValue(raw: unknown, depth = 0): Value {
	if (depth > 32) {
		throw validation("Nesting Levels have exceeded supported limits: 32 levels");
	}
	const entries =
		raw && typeof raw === "object" && !Array.isArray(raw)
			? Object.entries(raw).filter(([, content]) => content !== undefined)
			: [];
	const [entry] = entries;
	if (!entry || entries.length > 1) {
		throw validation(
			entry
				? "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
				: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
		);
	}
	const [type, content] = entry;
	switch (type) {
		case "S":
			return { S: text(content) };
		case "N":
			return { N: normalNumber(text(content)) };
		case "B":
			return { B: bytes(content) };
		case "BOOL":
			if (typeof content === "boolean") return { BOOL: content };
			break;
		case "NULL":
			if (content === true) return { NULL: true };
			throw invalidValue("Null attribute value types must have the value of true");
		case "SS":
			return { SS: set(content, text, "string") };
		case "NS":
			return {
				NS: set(content, (member) => normalNumber(text(member)), "number"),
			};
		case "BS":
			return { BS: set(content, bytes, "binary") };
		case "L":
			if (Array.isArray(content)) {
				return { L: content.map((element) => readValue(element, depth + 1)) };
			}
			break;
		case "M":
			if (content && typeof content === "object") {
				return { M: readItem(content, depth + 1) };
			}
	}
	throw validation(`Supplied AttributeValue of type ${type} is not readable`);
}

/** Parses the attributes of an item, a key, or the values of an expression. */
export function readItem(raw: unknown, depth = 0): Item {
	return Object.fromEntries(Object.entries(raw ?? {}).map(([name, value]) => [name, readValue(value, depth)]));
}

function text(content: unknown): string {
	if (typeof content === "string") return content;
	throw validation(`Expected text, got ${typeof content}`);
}

function bytes(content: unknown): string {
	const parsed = base64.safeParse(content);
	if (parsed.success) return parsed.data;
	throw validation("A binary value is not base64");
}

function set(content: unknown, read: (member: unknown) => string, kind: string): string[] {
	const members = Array.isArray(content) ? content.map(read) : [];
	if (members.length === 0) {
		throw invalidValue(`An ${kind} set may not be empty`);
	}
	if (new Set(members).size < members.length) {
		throw invalidValue(`Input collection [${members.join(", ")}] contains duplicates.`);
	}
	return members;
}

export const typeOf = (value: Value) => Object.keys(value)[0] as Type;
export const contentOf = (value: Value) => Object.values(value)[0] as unknown;

/** Counts the bytes of an item as AWS does for the limits of 400 KB and 1 MB a page. */
export function itemSize(item: Item): number {
	return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize(value: Value): number {
	if ("S" in value) return Buffer.byteLength(value.S);
	if ("N" in value) return numberSize(value.N);
	if ("B" in value) return Buffer.byteLength(value.B, "base64");
	if ("SS" in value) return sum(value.SS.map((text) => Buffer.byteLength(text)));
	if ("NS" in value) return sum(value.NS.map(numberSize));
	if ("BS" in value) {
		return sum(value.BS.map((bytes) => Buffer.byteLength(bytes, "base64")));
	}
	// A document counts three bytes, and one for each element.
	if ("L" in value) return 3 + sum(value.L.map((element) => 1 + valueSize(element)));
	if ("M" in value) {
		return 3 + Object.keys(value.M).length + itemSize(value.M);
	}
	return 1;
}

const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);

export function equal(left: Value, right: Value): boolean {
	const type = typeOf(left);
	if (type !== typeOf(right)) return false;
	if ("L" in left && "L" in right) {
		return (
			left.L.length === right.L.length && left.L.every((element, index) => equal(element, right.L[index] as Value))
		);
	}
	if ("M" in left && "M" in right) {
		const names = Object.keys(left.M);
		return (
			names.length === Object.keys(right.M).length &&
			names.every((name) => {
				const member = right.M[name];
				return member !== undefined && equal(left.M[name] as Value, member);
			})
		);
	}
	const [a, b] = [contentOf(left), contentOf(right)];
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((member) => b.includes(member));
	}
	return a === b;
}

/** Compares two values of the same ordered type; undefined if there is no order. */
export function compare(left: Value, right: Value): number | undefined {
	if ("S" in left && "S" in right) {
		return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
	}
	if ("N" in left && "N" in right) return compareNumbers(left.N, right.N);
	if ("B" in left && "B" in right) {
		return Buffer.compare(Buffer.from(left.B, "base64"), Buffer.from(right.B, "base64"));
	}
	return undefined;
}
