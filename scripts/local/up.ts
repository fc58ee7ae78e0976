// make up: runs make dev in the background and returns when the API and its database answer.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { stateHolder } from "#cdk-local/index.ts";
import { readOutputs } from "#deployment/outputs.ts";
import { main } from "#deployment/progress.ts";
import { apiPort, localDirectory } from "#tools/local/local-environment.ts";
import { untilHealthy } from "./until-healthy.ts";

const readyFile = `${localDirectory}/ready.txt`;
const logFile = `${localDirectory}/logs/dev.log`;
const maxStartSeconds = 300;
/** A database that was killed is started again within seconds. */
const maxHealthSeconds = 60;

await main(async () => {
	const port = apiPort();
	if (stateHolder(localDirectory)) {
		const banner = await whenReady();
		const { ApiUrl } = await readOutputs("local");
		if (new URL(ApiUrl).port !== String(port)) {
			throw new Error(`Collections is running already at ${ApiUrl}: run make down first, or use that instance.`);
		}
		await untilHealthy(ApiUrl, maxHealthSeconds);
		console.log(`Already running.\n\n${banner}`);
		return;
	}
	mkdirSync(`${localDirectory}/logs`, { recursive: true, mode: 0o700 });
	await rm(readyFile, { force: true });
	// make dev prints the demo users' passwords, so only the owner may read its log.
	const log = openSync(logFile, "w", 0o600);
	const child = spawn(process.execPath, ["scripts/local/dev.ts"], {
		detached: true,
		stdio: ["ignore", log, log],
	});
	closeSync(log);
	child.unref();
	if (!child.pid) throw new Error("scripts/local/dev.ts could not be started.");
	const banner = await whenReady(child.pid);
	await untilHealthy((await readOutputs("local")).ApiUrl, maxHealthSeconds);
	console.log(banner);
});

/**
 * Waits until the process that holds the folder has written its banner.
 * @param childPid the process that this call started; a concurrent call's may hold the folder instead
 */
async function whenReady(childPid?: number): Promise<string> {
	const end = Date.now() + maxStartSeconds * 1000;
	while (Date.now() < end) {
		try {
			return await readFile(readyFile, "utf8");
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
		if (!stateHolder(localDirectory) && !(childPid && isAlive(childPid))) {
			throw new Error(`Collections did not start:\n${await readFile(logFile, "utf8")}`);
		}
		await sleep(200);
	}
	throw new Error(`Collections is not ready after ${maxStartSeconds} s: see ${logFile}.`);
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
