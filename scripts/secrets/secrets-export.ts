// make secrets-export: the providers' API keys of an environment, into a file that only its owner can read.
import { writeFile } from "node:fs/promises";
import { operate } from "../environment/target.ts";
import { providerKeys, storedKeys } from "./provider-keys.ts";

await operate(async (target) => {
	const file = process.env.FILE || `.env.${target.name}`;
	const stored = await storedKeys(target);
	const lines = providerKeys(target).flatMap(({ variable, parameter }) => {
		const value = stored.get(parameter);
		// JSON's quotes are those of the format, and keep what a shell would read.
		return value === undefined ? [] : [`${variable}=${JSON.stringify(value)}`];
	});
	if (lines.length === 0) {
		throw new Error(`Environment ${target.name} has no API keys: make secrets-populate ENV=${target.name} sets them.`);
	}
	await writeFile(file, `${lines.join("\n")}\n`, {
		mode: 0o600,
		flag: "wx",
	}).catch((error: NodeJS.ErrnoException) => {
		throw error.code === "EEXIST" ? new Error(`${file} is there already: remove it, or give FILE=another.`) : error;
	});
	console.log(`${lines.length} keys are in ${file}, which only you can read. Remove it when it has served.`);
});
