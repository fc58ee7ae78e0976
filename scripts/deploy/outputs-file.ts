import { rename, writeFile } from "node:fs/promises";
import { type Outputs, readOutputs } from "#cli/outputs.ts";
import type { Target } from "../environment/target.ts";
import { outputsOf } from "./stacks.ts";

/** Writes the file that every script, test and client starts from. @returns its name */
export async function writeOutputs(target: Target): Promise<string> {
	const file = `.aws-outputs-${target.name}.json`;
	const outputs = await outputsOf(target);
	await writeFile(`${file}.new`, `${JSON.stringify(outputs, null, 2)}\n`);
	// Readers see the old file or the new one.
	await rename(`${file}.new`, file);
	return file;
}

/** One of the outputs that not every environment has. @throws where this one has it not */
export async function output(target: Target, key: string): Promise<string> {
	const value = (await readOutputs(target.name))[key];
	if (typeof value === "string" && value !== "") return value;
	throw new Error(
		`.aws-outputs-${target.name}.json has no ${key}: make infra-outputs ENV=${target.name} writes it anew.`,
	);
}

export const outputs = (target: Target): Promise<Outputs> => readOutputs(target.name);
