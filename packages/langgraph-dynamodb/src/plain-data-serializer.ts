import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";

// LangGraph's serializer tells what it wrote itself by a key: `{"lc": 1, "id": [class], "kwargs": ...}` is read back as
// an object of that class. Data may look the same, such as the arguments that a model gave a tool: it would be made
// into an object, or where there is no such class, nobody could read the checkpoint again.
const reservedKey = /^\\*lc$/;
const escapedKey = /^\\+lc$/;
/** The serializer goes down by recursion: much deeper it could write what it cannot read. */
const maxDepth = 500;

/** A serializer that keeps plain data plain, whatever it looks like. What was stored without it is read as before. */
export function plainDataSerializer(
	serde: SerializerProtocol,
): SerializerProtocol {
	return {
		dumpsTyped: (value) => serde.dumpsTyped(renameKeys(value, escapeKey)),
		loadsTyped: async (type, data) =>
			renameKeys(await serde.loadsTyped(type, data), unescapeKey),
	};
}

const escapeKey = (key: string) => (reservedKey.test(key) ? `\\${key}` : key);
const unescapeKey = (key: string) =>
	escapedKey.test(key) ? key.slice(1) : key;

/** The same value where nothing in it is renamed; what is inside objects of a class is theirs. */
function renameKeys(
	value: unknown,
	rename: (key: string) => string,
	depth = 0,
): unknown {
	if (depth > maxDepth) {
		throw new Error(
			`A value is nested more than ${maxDepth} levels deep and is not stored: it could not be read again.`,
		);
	}
	const renameNested = (each: unknown) => renameKeys(each, rename, depth + 1);
	if (Array.isArray(value))
		return reuseIfUnchanged(value, value.map(renameNested));
	if (value instanceof Set) {
		const members = [...value];
		const changed = reuseIfUnchanged(members, members.map(renameNested));
		return changed === members ? value : new Set(changed);
	}
	if (value instanceof Map) {
		const entries: unknown[] = [...value];
		const changed = reuseIfUnchanged(entries, entries.map(renameNested));
		return changed === entries
			? value
			: new Map(changed as [unknown, unknown][]);
	}
	if (!isPlain(value)) return value;
	const entries = Object.entries(value);
	const changed = entries.map(
		([key, held]) => [rename(key), renameNested(held)] as const,
	);
	const isSame = entries.every(
		([key, held], at) => changed[at]?.[0] === key && changed[at]?.[1] === held,
	);
	return isSame ? value : Object.fromEntries(changed);
}

const reuseIfUnchanged = (before: unknown[], after: unknown[]) =>
	before.every((each, at) => each === after[at]) ? before : after;

function isPlain(value: unknown): value is Record<string, unknown> {
	if (typeof value !== "object" || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}
