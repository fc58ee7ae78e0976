import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import type { TestProject } from "vitest/node";
import { readOutputsFile } from "#cli/outputs.ts";
import { type Bundles, lastBundles } from "#lib/bundling/build.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { copyDatabase, startCloudProcess } from "./cloud-process.ts";

declare module "vitest" {
	interface ProvidedContext {
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
}

/**
 * Builds and synthesizes environment `local` once for all system tests, and provides the environment under test: the
 * deployed one whose outputs file OUTPUTS names, otherwise a local cloud on free ports with empty state.
 */
export default async function setup(project: TestProject) {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-system-"));
	const remove = () => rm(directory, { recursive: true, force: true });
	const assembly = path.join(directory, "cdk.out");
	const emptyDatabase = path.join(directory, "empty-database");
	await Promise.all([synthesize(assembly, { limits: busyLimits }), initializeDatabase(emptyDatabase)]);
	project.provide("assembly", assembly);
	project.provide("bundles", lastBundles());
	project.provide("emptyDatabase", emptyDatabase);
	if (process.env.OUTPUTS) {
		project.provide("outputsFile", path.resolve(process.env.OUTPUTS));
		project.provide("stateDir", null);
		return remove;
	}
	const stateDir = path.join(directory, "state");
	const outputsFile = path.join(directory, "outputs.json");
	await copyDatabase(emptyDatabase, stateDir);
	const cloud = await startCloudProcess({ assembly, stateDir, outputsFile });
	const outputs = await readOutputsFile(outputsFile, "start the local cloud");
	const operator = await operatorOf(stateDir);
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	project.provide("outputsFile", outputsFile);
	project.provide("stateDir", stateDir);
	return async () => {
		await cloud.stop();
		await remove();
	};
}

async function initializeDatabase(folder: string): Promise<void> {
	const db = await PGlite.create(folder);
	await db.exec("create database collections");
	await db.close();
}
