import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository. */
export const root = join(import.meta.dirname, "../..");
export const inRoot = (path: string): string => join(root, path);
/** Holds everything that builds write. */
export const output = inRoot(".build");
const meta = join(output, "meta");

/** Returns JSON that a build wrote below `meta`. @throws where none did */
export function readMeta<T>(file: string): T {
	return JSON.parse(readFileSync(join(meta, file), "utf8"));
}

export const hasMeta = (file: string): boolean => existsSync(join(meta, file));

/** Writes JSON below `meta` in one step, since another build may be reading it. */
export function writeMeta(file: string, value: unknown): void {
	mkdirSync(meta, { recursive: true });
	const draft = join(mkdtempSync(join(output, "draft-")), "meta.json");
	writeFileSync(draft, JSON.stringify(value));
	renameSync(draft, join(meta, file));
	rmSync(dirname(draft), { recursive: true });
}
