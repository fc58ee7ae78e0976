// make infra-destroy: removes an environment with everything in it, but for a last snapshot of the database.
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { ask } from "../environment/confirm.ts";
import { operate, type Target } from "../environment/target.ts";
import { assemblyFolder, cdk, synth } from "./cdk.ts";
import { deleteRetained } from "./retained.ts";
import { describeStacks, isBusy, type Part, type StackState, stackName, troubleOf } from "./stacks.ts";

if (process.env.ENV === "local") await operateLocally();

await operate(async (target) => {
	const { name, client } = target;
	const stacks = await describeStacks(target);
	const there = stacks.filter(({ status }) => status !== null);
	const file = `.aws-outputs-${name}.json`;
	const outputs: Record<string, string | null> = Object.assign(
		await outputsWritten(file),
		...there.map((stack) => stack.outputs),
	);
	if (Object.keys(outputs).length === 0 && there.length === 0) {
		console.log(`Environment ${name} is not deployed in ${client.region}: nothing is left to remove.`);
		return;
	}
	refuseWhereBusy(target, stacks);
	refuseWhereProtected(target, stacks);
	console.log(
		`This removes ${there.map((stack) => stack.name).join(", ") || "what the stacks left"}, with every image, chat, user and API key of environment ${name}. The database leaves a snapshot.`,
	);
	await consent(name);
	if (there.length > 0) {
		// What outlives its stack is known by that stack's outputs alone: a run that is cut short goes on by this file.
		await writeFile(file, JSON.stringify(outputs, null, 2));
		await synth(target);
		await destroy(target, ["Monitoring", "API", "Compute"]);
		await destroy(target, ["Storage", "DB"]);
	}
	await deleteRetained(target, outputs);
	await rm(file, { force: true });
	console.log(
		`\nEnvironment ${name} is removed. What remains and costs: snapshots of its database (aws rds describe-db-snapshots), until you delete them.`,
	);
});

async function outputsWritten(file: string): Promise<Record<string, string | null>> {
	const text = await readFile(file, "utf8").catch((error) => {
		if (error.code === "ENOENT") return "{}";
		throw error;
	});
	return JSON.parse(text);
}

function refuseWhereBusy({ name }: Target, stacks: StackState[]): void {
	const busy = stacks.filter(({ status }) => isBusy(status));
	if (busy.length === 0) return;
	throw new Error(`Nothing was removed. ${busy.map((stack) => troubleOf(stack, name)).join("\n")}`);
}

function refuseWhereProtected({ name, environment }: Target, stacks: StackState[]): void {
	const isProtected =
		environment.deletionProtection || stacks.some(({ terminationProtection }) => terminationProtection);
	if (!isProtected) return;
	throw new Error(
		`Environment ${name} is protected, and nothing was removed: set environments.${name}.deletionProtection to false in cdk.json, make infra-deploy ENV=${name}, and then come back.`,
	);
}

/** The environment's name, typed, or given as `CONFIRM` together with `YES=1`. */
async function consent(name: string): Promise<void> {
	const { YES, CONFIRM } = process.env;
	const answer =
		YES === "1" && CONFIRM
			? CONFIRM
			: await ask(`Type the environment's name to remove it: `, {
					remedy: `YES=1 CONFIRM=${name} must say that it is meant`,
				});
	if (answer !== name) {
		throw new Error(`Nothing was removed: ${answer || "no name"} is not ${name}.`);
	}
}

async function destroy(target: Target, parts: Part[]): Promise<void> {
	await cdk(
		"destroy",
		[...parts.map((part) => stackName(part, target)), ...["--app", assemblyFolder], "--exclusively", "--force"],
		`What is left tells make infra-status ENV=${target.name}; make infra-destroy ENV=${target.name} goes on where this stopped.`,
	);
}

/** On this machine nothing but the state folder is removed. */
async function operateLocally(): Promise<never> {
	const { main } = await import("#cli/progress.ts");
	await main(() => consent("local"));
	const { status } = spawnSync("make", ["--no-print-directory", "dev-reset"], {
		stdio: "inherit",
	});
	process.exit(status ?? 1);
}
