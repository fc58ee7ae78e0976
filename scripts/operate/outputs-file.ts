import { rename, writeFile } from "node:fs/promises";
import { outputsOf } from "./stacks.ts";
import type { Target } from "./target.ts";

/** Writes the file that every script, test and client starts from. @returns its name */
export async function writeOutputs(target: Target): Promise<string> {
	const file = `.aws-outputs-${target.name}.json`;
	const outputs = await outputsOf(target);
	await writeFile(`${file}.new`, `${JSON.stringify(outputs, null, 2)}\n`);
	// Readers see the old file or the new one.
	await rename(`${file}.new`, file);
	return file;
}
