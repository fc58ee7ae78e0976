import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";

// LangGraph's serializer marks objects of its classes by a key: it reads `{"lc": 1, "id": [class], "kwargs": ...}` back
// as an object of that class. Plain data may have the same shape, such as the arguments that a model gives to a tool. It
// would become an object, or where no such class exists, the checkpoint could never be read again.
const reservedKey = /^\\*lc$/;
const escapedKey = /^\\+lc$/;
/** The serializer is recursive: it can write much deeper values than it can read. */
const maxDepth = 500;

/** Wraps a serializer so that plain data stays plain, whatever its shape. Data that was stored without it reads as before. */
export function plainDataSerializer(serde: SerializerProtocol): SerializerProtocol {
	return {
		dumpsTyped: (value) => serde.dumpsTyped(renameKeys(value, escapeKey)),
		loadsTyped: async (type, data) => renameKeys(await serde.loadsTyped(type, data), unescapeKey),
	};
}

const escapeKey = (key: string) => (reservedKey.test(key) ? `\\${key}` : key);
const unescapeKey = (key: string) => (escapedKey.test(key) ? key.slice(1) : key);

/** Renames keys of plain data at any depth, and returns the same value where none changes. Class instances stay as they are. */
function renameKeys(value: unknown, rename: (key: string) => string, depth = 0): unknown {
	if (depth > maxDepth) {
		throw new Error(
			`A value is nested more than ${maxDepth} levels deep and is not stored: it could not be read again.`,
		);
	}
	const renameNested = (nested: unknown) => renameKeys(nested, rename, depth + 1);
	if (Array.isArray(value)) {
		return reuseIfUnchanged(value, value.map(renameNested));
	}
	if (value instanceof Set) {
		const members = [...value];
		const changed = reuseIfUnchanged(members, members.map(renameNested));
		return changed === members ? value : new Set(changed);
	}
	if (value instanceof Map) {
		const entries: unknown[] = [...value];
		const changed = reuseIfUnchanged(entries, entries.map(renameNested));
		return changed === entries ? value : new Map(changed as [unknown, unknown][]);
	}
	if (!isPlain(value)) return value;
	const entries = Object.entries(value);
	const changed = entries.map(([key, nested]) => [rename(key), renameNested(nested)] as const);
	const isUnchanged = entries.every(
		([key, nested], index) => changed[index]?.[0] === key && changed[index]?.[1] === nested,
	);
	return isUnchanged ? value : Object.fromEntries(changed);
}

const reuseIfUnchanged = (before: unknown[], after: unknown[]) =>
	before.every((value, index) => value === after[index]) ? before : after;

function isPlain(value: unknown): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}
