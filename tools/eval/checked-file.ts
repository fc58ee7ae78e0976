import { readFile } from "node:fs/promises";
import type { z } from "zod";

/**
 * Reads a JSON file whose entries have ids.
 *
 * @throws naming every entry that does not fit the schema
 */
export async function readJson<S extends z.ZodType>(file: string, schema: S): Promise<z.infer<S>> {
	const text = await readFile(file, "utf8").catch(() => {
		throw new Error(`There is no file ${file}: docs/evaluation.md has its format.`);
	});
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		throw new Error(`${file} is not valid JSON (${(error as Error).message}): correct it there.`, { cause: error });
	}
	const parsed = schema.safeParse(value);
	if (parsed.success) return parsed.data;
	refuse(
		file,
		parsed.error.issues.map(({ path, message }) => `${entryName(value, path)}: ${message}`),
	);
	throw parsed.error;
}

/** Names a field of an entry by the entry's index and id, since an index alone is hard to find in a file. */
function entryName(value: unknown, path: PropertyKey[]): string {
	const [index, ...rest] = path;
	const entry = (value as Record<PropertyKey, unknown>)[index ?? ""];
	const { query_id, item_id } = (entry ?? {}) as Record<string, unknown>;
	const id = query_id ?? item_id;
	return [`[${String(index ?? "")}]${id ? ` (${id})` : ""}`, ...rest].join(".");
}

const maxFaults = 10;

/** Refuses a file for its faults, if it has any. */
export function refuse(file: string, faults: string[]): void {
	if (faults.length === 0) return;
	const omitted = faults.length - maxFaults;
	throw new Error(
		[
			`${file} cannot be used:`,
			...faults.slice(0, maxFaults).map((fault) => `  ${fault}`),
			...(omitted > 0 ? [`  ... and ${omitted} more`] : []),
		].join("\n"),
	);
}

export function duplicatesIn(ids: string[]): string[] {
	return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}

/** Returns the ids that are not known. */
export function missingFrom(ids: string[], known: string[]): string[] {
	const knownIds = new Set(known);
	return ids.filter((id) => !knownIds.has(id));
}
