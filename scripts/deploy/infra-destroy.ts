// make infra-destroy: removes an environment with all its data, except a last snapshot of the database.
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { ask } from "../environment/confirm.ts";
import { operate, type Target } from "../environment/target.ts";
import { assemblyFolder, cdk, synth } from "./cdk.ts";
import { databaseInstance } from "./database-instance.ts";
import { deleteRetained, findRetained } from "./retained.ts";
import {
	deployedResources,
	describeStacks,
	isBusy,
	type Part,
	partsOf,
	problemOf,
	type StackState,
	stackName,
} from "./stacks.ts";

if (process.env.ENV === "local") await operateLocally();

await operate(async (target) => {
	const { name, client } = target;
	const stacks = await describeStacks(target);
	const existing = stacks.filter(({ status }) => status !== null);
	const file = `.aws-outputs-${name}.json`;
	const outputs: Record<string, string | null> = Object.assign(
		await readWrittenOutputs(file),
		...existing.map((stack) => stack.outputs),
		await findRetained(target, existing),
	);
	if (Object.keys(outputs).length === 0 && existing.length === 0) {
		console.log(`Environment ${name} is not deployed in ${client.region}: nothing is left to remove.`);
		return;
	}
	refuseIfBusy(target, stacks);
	refuseIfProtected(target, stacks);
	refuseIfWebIsUnknown(target, existing);
	await refuseIfStopped(target);
	console.log(
		`This removes ${existing.map((stack) => stack.name).join(", ") || "what earlier stacks left behind"}, with every image, chat, user and API key of environment ${name}. A snapshot of the database remains.`,
	);
	await consent(name);
	if (existing.length > 0) {
		// Only the stacks name the resources that outlive them: a later run continues from this file after an interruption.
		await writeFile(file, JSON.stringify(outputs, null, 2));
		await synth(target);
		await destroy(target, ["Monitoring", "API", "Compute"]);
		await destroy(target, ["Storage", "DB"]);
		if (existing.some(({ part }) => part === "Web")) await destroy(target, ["Web"]);
	}
	await deleteRetained(target, outputs);
	await rm(file, { force: true });
	console.log(
		`\nEnvironment ${name} is removed. Snapshots of its database (aws rds describe-db-snapshots) remain and cost money until you delete them.`,
	);
});

async function readWrittenOutputs(file: string): Promise<Record<string, string | null>> {
	const text = await readFile(file, "utf8").catch((error) => {
		if (error.code === "ENOENT") return "{}";
		throw error;
	});
	return JSON.parse(text);
}

function refuseIfBusy({ name }: Target, stacks: StackState[]): void {
	const busy = stacks.filter(({ status }) => isBusy(status));
	if (busy.length === 0) return;
	throw new Error(`Nothing was removed. ${busy.map((stack) => problemOf(stack, name)).join("\n")}`);
}

function refuseIfProtected({ name, environment }: Target, stacks: StackState[]): void {
	const isProtected =
		environment.deletionProtection || stacks.some(({ terminationProtection }) => terminationProtection);
	if (!isProtected) return;
	throw new Error(
		`Environment ${name} is protected, and nothing was removed: set environments.${name}.deletionProtection to false in cdk.json, run make infra-deploy ENV=${name}, then make infra-destroy ENV=${name} again.`,
	);
}

/** The CDK destroys only stacks that the settings ask for, and does not fail for any other. */
function refuseIfWebIsUnknown(target: Target, existing: StackState[]): void {
	const { name } = target;
	const asked = partsOf(target);
	const unknown = existing.filter(({ part }) => !asked.includes(part)).map((stack) => stack.name);
	if (unknown.length === 0) return;
	throw new Error(
		`Nothing was removed. ${unknown} exists, but environment ${name} has no web app in cdk.json: add "web": {} to its row there, then run make infra-destroy ENV=${name} again.`,
	);
}

/** A database has to run for its last snapshot. */
async function refuseIfStopped(target: Target): Promise<void> {
	const { name } = target;
	const database = await databaseInstance(target, await deployedResources(target)).catch((error: Error) => {
		if (error.name === "DBInstanceNotFoundFault") return null; // deleted by hand, or by an earlier run
		throw error;
	});
	if (!database || !["stopped", "stopping", "starting"].includes(database.status)) return;
	throw new Error(
		`Nothing was removed. The database ${database.id} is ${database.status}, and its last snapshot needs one that runs: run make infra-start ENV=${name}, then make infra-destroy ENV=${name} again.`,
	);
}

/** Asks the person to type the environment's name; `CONFIRM` together with `YES=1` replaces that. */
async function consent(name: string): Promise<void> {
	const { YES, CONFIRM } = process.env;
	const answer =
		YES === "1" && CONFIRM
			? CONFIRM
			: await ask(`Type the environment's name to remove it: `, {
					remedy: `YES=1 CONFIRM=${name} must give consent`,
				});
	if (answer !== name) {
		throw new Error(`Nothing was removed: ${answer || "no name"} is not ${name}.`);
	}
}

async function destroy(target: Target, parts: Part[]): Promise<void> {
	await cdk(
		"destroy",
		[...parts.map((part) => stackName(part, target)), ...["--app", assemblyFolder], "--exclusively", "--force"],
		`make infra-status ENV=${target.name} shows what is left; make infra-destroy ENV=${target.name} continues.`,
	);
}

/** Removes the local environment, which is only the state folder. */
async function operateLocally(): Promise<never> {
	const { main } = await import("#deployment/progress.ts");
	await main(() => consent("local"));
	const { status } = spawnSync("make", ["--no-print-directory", "dev-reset"], {
		stdio: "inherit",
	});
	process.exit(status ?? 1);
}
