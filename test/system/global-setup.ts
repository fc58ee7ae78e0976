import { rmSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { initializedPglite } from "#cdk-local/testing/pglite.ts";
import { type Outputs, readOutputsFile } from "#deployment/outputs.ts";
import { type Bundles, lastBundles } from "#lib/bundling/build.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { copyDatabase, startCloudProcess } from "./cloud-process.ts";
import { Control } from "./control.ts";

interface ProvidedEnvironment {
	/** The outputs file of the environment under test. */
	outputsFile: string;
	/** The local cloud's state folder; null if a deployed environment is under test. */
	stateDir: string | null;
	/** The folder of the synthesized environment `local`. */
	assembly: string;
	bundles: Bundles;
	/** The data folder of a PGlite that own clouds begin with: it has the migrations, which take seconds of CPU, and no rows. */
	migratedDatabase: string;
	/** The cloud's output, which has the codes that a user would get by mail; null if a deployed environment is under test. */
	cloudLog: string | null;
}

declare module "vitest" {
	interface ProvidedContext extends ProvidedEnvironment {}
}

interface Environment {
	outputs: Outputs;
	provided: ProvidedEnvironment;
	remove(): Promise<void>;
}

/** The synthesized environment, and the data folder of a PGlite without a table, that every cloud of this run begins with. */
interface Prepared {
	assembly: string;
	bundles: Bundles;
	emptyDatabase: string;
}

/** Values of this run, for each project loads this module anew; and how many projects have the environment under test. */
const shared = globalThis as typeof globalThis & {
	prepared?: Promise<Prepared>;
	environmentUnderTest?: { made: Promise<Environment>; projects: number };
};

/** Provides the environment under test, which all projects of a run but the web's share: it ends with the last of them. */
export default async function setup(project: TestProject) {
	shared.environmentUnderTest ??= { made: makeEnvironment(), projects: 0 };
	const environment = shared.environmentUnderTest;
	environment.projects++;
	const { provided, remove } = await environment.made;
	provide(project, provided);
	return async () => {
		environment.projects--;
		if (environment.projects === 0) await remove();
	};
}

/** Makes what tests of a project may ask for known to them. */
export function provide(project: TestProject, provided: ProvidedEnvironment): void {
	for (const name of Object.keys(provided) as (keyof ProvidedEnvironment)[]) project.provide(name, provided[name]);
}

/** Builds and synthesizes environment `local`, once for all projects. */
async function prepare(): Promise<Prepared> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-assembly-"));
	process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
	const assembly = path.join(directory, "cdk.out");
	const [emptyDatabase] = await Promise.all([initializedPglite(), synthesize(assembly, { limits: busyLimits })]);
	return { assembly, bundles: lastBundles(), emptyDatabase };
}

/**
 * Starts environment `local`: a local cloud on free ports with empty state. Where OUTPUTS names the outputs file of a
 * deployed environment, that one is under test.
 */
export async function makeEnvironment(): Promise<Environment> {
	shared.prepared ??= prepare();
	const { emptyDatabase, ...built } = await shared.prepared;
	const { assembly } = built;
	const directory = await mkdtemp(path.join(tmpdir(), "collections-system-"));
	const remove = () => rm(directory, { recursive: true, force: true });
	if (process.env.OUTPUTS) {
		const outputsFile = path.resolve(process.env.OUTPUTS);
		const outputs = await readOutputsFile(outputsFile, "deploy the environment");
		const provided = { ...built, migratedDatabase: emptyDatabase, outputsFile, stateDir: null, cloudLog: null };
		return { outputs, provided, remove };
	}
	const stateDir = path.join(directory, "state");
	const outputsFile = path.join(directory, "outputs.json");
	const cloudLog = path.join(directory, "cloud.log");
	await copyDatabase(emptyDatabase, stateDir);
	const cloud = await startCloudProcess({ assembly, stateDir, outputsFile, logFile: cloudLog });
	const outputs = await readOutputsFile(outputsFile, "start the local cloud");
	const operator = await operatorOf(stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	const control = new Control(outputs, operator);
	// Only the files of a database that has ended are consistent.
	await control.stopDatabase();
	const migratedDatabase = path.join(directory, "migrated-database");
	await cp(path.join(stateDir, "pgdata"), migratedDatabase, { recursive: true });
	await control.startDatabase();
	return {
		outputs,
		provided: { ...built, migratedDatabase, outputsFile, stateDir, cloudLog },
		remove: async () => {
			await cloud.stop();
			await remove();
		},
	};
}
