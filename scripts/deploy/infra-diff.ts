// make infra-diff: shows what a deployment would change.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { localAssembly, providerSecrets, synthesize } from "#tools/local/local-environment.ts";
import { operate, type Target } from "../environment/target.ts";
import { cdk, diff, synth } from "./cdk.ts";
import { partsOf, stackName } from "./stacks.ts";

await operate(async (target) => {
	if (target.isLocal) return diffLocally(target);
	await synth(target);
	await diff(target);
});

/** Compares with the templates that the local cloud runs, which CloudFormation does not have. */
async function diffLocally(target: Target): Promise<void> {
	const fresh = await mkdtemp(path.join(tmpdir(), "collections-diff-"));
	try {
		await synthesize(fresh, (await providerSecrets()).machine);
		for (const part of partsOf(target)) {
			const stack = stackName(part, target);
			await cdk(
				"diff",
				[stack, ...["--app", fresh], "--exclusively", ...["--template", `${localAssembly}/${stack}.template.json`]],
				"make up writes the templates to compare with.",
			);
		}
	} finally {
		await rm(fresh, { recursive: true, force: true });
	}
}
