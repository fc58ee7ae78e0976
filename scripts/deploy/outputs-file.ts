import { type Outputs, readOutputs, writeOutputsFile } from "#deployment/outputs.ts";
import type { Target } from "../environment/target.ts";
import { outputsOf } from "./stacks.ts";

/** Writes the outputs file, from which scripts, tests and clients read an environment's addresses. @returns its name */
export async function writeOutputs(target: Target): Promise<string> {
	return writeOutputsFile(target.name, await outputsOf(target));
}

/** Reads an output that not every environment has. @throws if this environment lacks it */
export async function output(target: Target, key: string): Promise<string> {
	const value = (await readOutputs(target.name))[key];
	if (typeof value === "string" && value !== "") return value;
	throw new Error(
		`.aws-outputs-${target.name}.json has no ${key}: make infra-outputs ENV=${target.name} rewrites the file.`,
	);
}

export const outputs = (target: Target): Promise<Outputs> => readOutputs(target.name);
