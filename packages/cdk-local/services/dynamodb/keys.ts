import { invalidValue, validation } from "./errors.ts";
import { type Item, readItem, typeOf } from "./values.ts";

/** Attribute names of a key; both are text, the only key type the emulator has. */
export interface KeyNames {
	hash: string;
	range: string;
}

/** The part of a table that key functions need. */
interface KeyedTable {
	key: KeyNames;
}

export const sameKey = (a: KeyNames, b: KeyNames) => a.hash === b.hash && a.range === b.range;

/** Reads the two parts of the key from the attributes. @throws AwsError `ValidationException` */
export function keyOf({ key }: KeyedTable, item: Item): { pk: string; sk: string } {
	const [pk, sk] = ([key.hash, key.range] as const).map((name, part) => {
		const value = item[name];
		if (!value) throw invalidValue(`Missing the key ${name} in the item`);
		if (!("S" in value)) {
			throw invalidValue(`Type mismatch for key ${name} expected: S actual: ${typeOf(value)}`);
		}
		if (value.S === "") {
			throw invalidValue(`The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`);
		}
		requireKeyLength(value.S, part === 0);
		return value.S;
	});
	return { pk: pk as string, sk: sk as string };
}

/** Reads a `Key`, which has exactly the key's attributes. @throws AwsError `ValidationException` */
export function readKey({ key }: KeyedTable, raw: unknown): Item {
	const item = readItem(raw);
	const names = Object.keys(item).sort().join();
	const matchesSchema =
		names === [key.hash, key.range].sort().join() && Object.values(item).every((value) => "S" in value);
	if (!matchesSchema) {
		throw validation("The provided key element does not match the schema");
	}
	keyOf({ key }, item);
	return item;
}

function requireKeyLength(value: string, isHash: boolean): void {
	const maxBytes = isHash ? 2_048 : 1_024;
	if (Buffer.byteLength(value) > maxBytes) {
		throw invalidValue(
			`Size of ${isHash ? "hashkey" : "rangekey"} has exceeded the maximum size limit of${maxBytes} bytes`,
		);
	}
}

/** Returns the item's key in an index, undefined unless it has both attributes. */
export function indexKey(item: Item, index: string, names: KeyNames): { hash: string; range: string } | undefined {
	const [hash, range] = ([names.hash, names.range] as const).map((name, part) => {
		const value = item[name];
		if (!value) return undefined;
		if (!("S" in value)) {
			throw invalidValue(
				`Type mismatch for Index Key ${name} Expected: S Actual: ${typeOf(value)} IndexName: ${index}`,
			);
		}
		if (value.S === "") {
			throw invalidValue(
				`A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: ${index}, IndexKey: ${name}`,
			);
		}
		requireKeyLength(value.S, part === 0);
		return value.S;
	});
	return hash === undefined || range === undefined ? undefined : { hash, range };
}
