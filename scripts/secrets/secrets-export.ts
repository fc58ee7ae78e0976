// make secrets-export: writes an environment's provider API keys to a file that only its owner can read.
import { writeFile } from "node:fs/promises";
import { operate } from "../environment/target.ts";
import { providerKeys, storedKeys } from "./provider-keys.ts";

await operate(async (target) => {
	const file = process.env.FILE || `.env.${target.name}`;
	const stored = await storedKeys(target);
	const lines = providerKeys(target).flatMap(({ variable, parameter }) => {
		const value = stored.get(parameter);
		// The .env format takes JSON's quotes, which also protect characters that a shell would interpret.
		return value === undefined ? [] : [`${variable}=${JSON.stringify(value)}`];
	});
	if (lines.length === 0) {
		throw new Error(`Environment ${target.name} has no API keys: make secrets-populate ENV=${target.name} sets them.`);
	}
	await writeFile(file, `${lines.join("\n")}\n`, {
		mode: 0o600,
		flag: "wx",
	}).catch((error: NodeJS.ErrnoException) => {
		throw error.code === "EEXIST"
			? new Error(`${file} already exists: remove it, or set FILE to another name.`)
			: error;
	});
	console.log(`${lines.length} keys are in ${file}, which only you can read. Remove it after use.`);
});
