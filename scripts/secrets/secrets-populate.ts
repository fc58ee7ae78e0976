// make secrets-populate: stores the provider API keys of .env as SecureStrings. No value is printed or put on a command line.
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { operate } from "../environment/target.ts";
import { keysInFile, providerKeys, storedKeys } from "./provider-keys.ts";

await operate(async (target) => {
	const file = process.env.FILE || ".env";
	const fileKeys = await keysInFile(file);
	const keys = providerKeys(target);
	if (!keys.some(({ variable }) => fileKeys.has(variable))) {
		throw new Error(`${file} sets none of ${keys.map(({ variable }) => variable).join(", ")}: nothing was changed.`);
	}
	const stored = await storedKeys(target);
	const ssm = new SSMClient(target.client);
	let restart = false;
	for (const { variable, parameter } of keys) {
		const value = fileKeys.get(variable);
		const before = stored.get(parameter);
		if (value === undefined) {
			console.log(`  ${parameter}  ${before ? "kept" : "not set"}`);
		} else if (value === before) {
			console.log(`  ${parameter}  unchanged`);
		} else if (target.isLocal) {
			// The local cloud reads keys at its start, and its templates depend on which keys exist.
			restart = true;
			console.log(`  ${parameter}  ${before ? "differs" : "is not read yet"}`);
		} else {
			await ssm.send(
				new PutParameterCommand({
					Name: parameter,
					Value: value,
					Type: "SecureString",
					Overwrite: true,
				}),
			);
			console.log(`  ${parameter}  ${before ? "changed" : "created"}`);
		}
	}
	console.log(
		target.isLocal
			? `\nThe local cloud reads .env when it starts${restart ? ": make down up." : "."}`
			: `\nFunctions read a changed key within five minutes, or when the provider refuses the old one. cdk.json chooses the provider.`,
	);
});
