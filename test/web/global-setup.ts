import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type BrowserServer, chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { ensureUser } from "#deployment/users.ts";
import { deployWeb } from "#scripts/web/deploy-web.ts";
import { localClient, operatorOf } from "#tools/local/local-environment.ts";
import { makeEnvironment, provide } from "../system/global-setup.ts";
import { chromiumPath, hasChromium } from "./chromium.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** Where the one browser of all files listens. */
		browserEndpoint: string;
		/** The address of the web app. */
		webUrl: string;
	}
}

/** The demo user, whose login the page fills in. */
export const demo = { email: "demo@example.com", password: "correct-Horse-9" };

/** Starts a browser and an environment of its own, since people sign up there; builds the web app, and deploys it. */
export default async function setup(project: TestProject) {
	if (!hasChromium) {
		console.log(`The web app's tests are skipped: there is no ${chromiumPath} (apt-get install chromium).`);
		return undefined;
	}
	const dist = await mkdtemp(path.join(tmpdir(), "collections-web-"));
	const [browser, { provided, outputs, remove }] = await Promise.all([
		startBrowser(),
		makeEnvironment(),
		buildApp(dist),
	]);
	if (provided.stateDir === null) throw new Error("The web app's tests run on a local cloud only: unset OUTPUTS.");
	provide(project, provided);
	const operator = await operatorOf(provided.stateDir);
	await ensureUser(outputs, operator, demo.email, demo.password);
	await deployWeb(dist, { client: localClient(outputs, operator), outputs, demo });
	project.provide("browserEndpoint", browser.wsEndpoint());
	project.provide("webUrl", outputs.WebUrl ?? "");
	return async () => {
		await Promise.all([browser.close(), remove(), rm(dist, { recursive: true, force: true })]);
	};
}

const startBrowser = (): Promise<BrowserServer> =>
	chromium.launchServer({
		executablePath: chromiumPath,
		// Containers have no user namespaces for the sandbox, and the pages are our own.
		args: ["--no-sandbox", "--disable-dev-shm-usage"],
	});

/** Builds what is deployed. In this process it would be React's development build, without a service worker: NODE_ENV is `test` here. */
async function buildApp(outDir: string): Promise<void> {
	const options = ["--config", "packages/web/vite.config.ts", "--outDir", outDir, "--logLevel", "warn"];
	await promisify(execFile)("vite", ["build", ...options], { env: { ...process.env, NODE_ENV: "production" } });
}
