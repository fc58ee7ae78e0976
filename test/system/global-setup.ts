import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { TestProject } from "vitest/node";
import { readOutputsFile } from "#cli/outputs.ts";
import { type Bundles, lastBundles } from "#lib/bundling/build.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { copyDatabase, startCloudProcess } from "./cloud-process.ts";

interface ProvidedEnvironment {
	/** The outputs file of the environment under test. */
	outputsFile: string;
	/** The local cloud's state folder; null if a deployed environment is under test. */
	stateDir: string | null;
	/** The folder of the synthesized environment `local`. */
	assembly: string;
	bundles: Bundles;
	/** The data folder of an empty PGlite, which takes five seconds of CPU to initialize. */
	emptyDatabase: string;
}

declare module "vitest" {
	interface ProvidedContext extends ProvidedEnvironment {}
}

interface Environment {
	provided: ProvidedEnvironment;
	remove(): Promise<void>;
}

/** The environment of this run, and how many projects have it: each project loads this module anew. */
const shared = globalThis as typeof globalThis & {
	environmentUnderTest?: { made: Promise<Environment>; projects: number };
};

/** Provides the environment under test, which all projects of a run share: it ends with the last of them. */
export default async function setup(project: TestProject) {
	shared.environmentUnderTest ??= { made: makeEnvironment(), projects: 0 };
	const environment = shared.environmentUnderTest;
	environment.projects++;
	const { provided, remove } = await environment.made;
	for (const name of Object.keys(provided) as (keyof ProvidedEnvironment)[]) project.provide(name, provided[name]);
	return async () => {
		environment.projects--;
		if (environment.projects === 0) await remove();
	};
}

/**
 * Builds and synthesizes environment `local`, and starts it: a local cloud on free ports with empty state. Where OUTPUTS
 * names the outputs file of a deployed environment, that one is under test.
 */
async function makeEnvironment(): Promise<Environment> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-system-"));
	const remove = () => rm(directory, { recursive: true, force: true });
	const assembly = path.join(directory, "cdk.out");
	const emptyDatabase = path.join(directory, "empty-database");
	await Promise.all([synthesize(assembly, { limits: busyLimits }), initializeDatabase(emptyDatabase)]);
	const built = { assembly, bundles: lastBundles(), emptyDatabase };
	if (process.env.OUTPUTS) {
		return { provided: { ...built, outputsFile: path.resolve(process.env.OUTPUTS), stateDir: null }, remove };
	}
	const stateDir = path.join(directory, "state");
	const outputsFile = path.join(directory, "outputs.json");
	await copyDatabase(emptyDatabase, stateDir);
	const cloud = await startCloudProcess({ assembly, stateDir, outputsFile });
	const outputs = await readOutputsFile(outputsFile, "start the local cloud");
	const operator = await operatorOf(stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	return {
		provided: { ...built, outputsFile, stateDir },
		remove: async () => {
			await cloud.stop();
			await remove();
		},
	};
}

async function initializeDatabase(folder: string): Promise<void> {
	const db = await PGlite.create(folder);
	await db.exec("create database collections");
	await db.close();
}
