import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { build } from "vite";
import type { TestProject } from "vitest/node";
import { freePort } from "#cli/free-port.ts";
import { readOutputsFile } from "#cli/outputs.ts";
import { ensureUser } from "#cli/users.ts";
import { webConfig } from "#scripts/web/web-config.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { startCloudProcess } from "../system/cloud-process.ts";
import { serveStatic } from "./static-server.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** The address of the web app. */
		webUrl: string;
		/** The output of the cloud, which has the codes that a user would get by mail. */
		cloudLog: string;
		webOutputsFile: string;
		webStateDir: string;
	}
}

/** The demo user, whose login the page fills in. */
export const demo = { email: "demo@example.com", password: "correct-Horse-9" };

/** Starts a local cloud on free ports, builds the web app, and serves it with the headers of the hosting. */
export default async function setup(project: TestProject) {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-web-"));
	const at = (name: string) => path.join(directory, name);
	const port = await freePort();
	await synthesize(at("cdk.out"), { limits: busyLimits, corsOrigins: [`http://127.0.0.1:${port}`] });
	await build({ configFile: "packages/web/vite.config.ts", logLevel: "warn", build: { outDir: at("dist") } });
	await mkdir(at("state"));
	const database = await PGlite.create(at("state/pgdata"));
	await database.exec("create database collections");
	await database.close();
	const cloud = await startCloudProcess({
		assembly: at("cdk.out"),
		stateDir: at("state"),
		outputsFile: at("outputs.json"),
		logFile: at("cloud.log"),
	});
	const outputs = await readOutputsFile(at("outputs.json"), "start the local cloud");
	const operator = await operatorOf(at("state"));
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	await ensureUser(outputs, operator, demo.email, demo.password);
	const server = await serveStatic(at("dist"), webConfig(outputs, demo), outputs.AwsEndpointUrl ?? "", port);
	project.provide("webUrl", server.url);
	project.provide("cloudLog", at("cloud.log"));
	project.provide("webOutputsFile", at("outputs.json"));
	project.provide("webStateDir", at("state"));
	return async () => {
		await server.close();
		await cloud.stop();
		await rm(directory, { recursive: true, force: true });
	};
}
