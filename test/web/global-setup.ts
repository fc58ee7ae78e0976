import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { readOutputsFile } from "#cli/outputs.ts";
import { ensureUser } from "#cli/users.ts";
import { deployWeb } from "#scripts/web/deploy-web.ts";
import { busyLimits, invoke, localClient, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { startCloudProcess } from "../system/cloud-process.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** Where the one browser of all files listens. */
		browserEndpoint: string;
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

/** Debian's; a browser is never downloaded. */
const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";

/** Starts a browser, and a local cloud on free ports; builds the web app, and deploys it there. */
export default async function setup(project: TestProject) {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-web-"));
	const at = (name: string) => path.join(directory, name);
	await mkdir(at("state"));
	const [browser] = await Promise.all([
		// Containers have no user namespaces for the sandbox, and the pages are our own.
		chromium.launchServer({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] }),
		synthesize(at("cdk.out"), { limits: busyLimits }),
		buildApp(at("dist")),
		initializeDatabase(at("state/pgdata")),
	]);
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
	await deployWeb(at("dist"), { client: localClient(outputs, operator), outputs, demo });
	project.provide("browserEndpoint", browser.wsEndpoint());
	project.provide("webUrl", outputs.WebUrl ?? "");
	project.provide("cloudLog", at("cloud.log"));
	project.provide("webOutputsFile", at("outputs.json"));
	project.provide("webStateDir", at("state"));
	return async () => {
		await Promise.all([browser.close(), cloud.stop()]);
		await rm(directory, { recursive: true, force: true });
	};
}

/** Builds what is deployed. In this process it would be React's development build, without a service worker: NODE_ENV is `test` here. */
async function buildApp(outDir: string): Promise<void> {
	const options = ["--config", "packages/web/vite.config.ts", "--outDir", outDir, "--logLevel", "warn"];
	await promisify(execFile)("vite", ["build", ...options], { env: { ...process.env, NODE_ENV: "production" } });
}

async function initializeDatabase(folder: string): Promise<void> {
	const database = await PGlite.create(folder);
	await database.exec("create database collections");
	await database.close();
}
