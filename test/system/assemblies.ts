import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import path from "node:path";
import { inject } from "vitest";
import { gitSha } from "#lib/git-sha.ts";
import { type LocalMachine, readEnvironment } from "#lib/read-environment.ts";
import { busyLimits } from "#tools/local/local-environment.ts";
import { collections, newApp } from "../../bin/collections.ts";
import cdk from "../../cdk.json" with { type: "json" };

/**
 * Writes the assembly of environment `local` into a new folder. A machine with providers gets its own templates.
 * @param settings what differs from the environment's row in `cdk.json`
 */
export async function writeAssembly(folder: string, machine?: LocalMachine, settings: object = {}): Promise<void> {
	if (machine) synthesizeFor(machine, settings, folder);
	else await copyAssembly(inject("assembly"), folder);
}

/** Synthesizes with the bundles that the global set-up built. */
function synthesizeFor(machine: LocalMachine, settings: object, folder: string): void {
	const app = newApp({ outdir: folder });
	const { local } = cdk.context.environments;
	const environment = readEnvironment({ local: { ...local, ...settings } }, "local", {
		limits: busyLimits,
		...machine,
	});
	collections(app, environment, inject("bundles"), gitSha());
	app.synth();
}

/** Copies what a test may change; assets are linked. */
async function copyAssembly(from: string, to: string): Promise<void> {
	await mkdir(to, { recursive: true });
	for (const entry of await readdir(from, { withFileTypes: true })) {
		const [source, target] = [from, to].map((folder) => path.join(folder, entry.name)) as [string, string];
		if (entry.isDirectory()) await symlink(source, target);
		else await cp(source, target);
	}
}
