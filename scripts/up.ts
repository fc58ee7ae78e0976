// make up: make dev in the background; returns when the API answers.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { readOutputs } from "#cli/outputs.ts";
import { main } from "#cli/progress.ts";
import { stateHolder } from "#local-cloud/lock.ts";
import { apiPort, localDirectory } from "./local.ts";

const readyFile = `${localDirectory}/ready.txt`;
const logFile = `${localDirectory}/logs/dev.log`;
const longestStartSeconds = 300;

await main(async () => {
	const port = apiPort();
	const pid = stateHolder(localDirectory);
	if (pid) {
		const { ApiUrl } = await readOutputs("local");
		if (new URL(ApiUrl).port !== String(port)) {
			throw new Error(
				`Collections already runs at ${ApiUrl}: make down first, or use that one.`,
			);
		}
		console.log(`Already running.\n\n${await whenReady(pid)}`);
		return;
	}
	mkdirSync(`${localDirectory}/logs`, { recursive: true });
	await rm(readyFile, { force: true });
	const log = openSync(logFile, "w");
	const child = spawn(process.execPath, ["scripts/dev.ts"], {
		detached: true,
		stdio: ["ignore", log, log],
	});
	closeSync(log);
	child.unref();
	if (!child.pid) throw new Error("scripts/dev.ts could not be started.");
	console.log(await whenReady(child.pid));
});

async function whenReady(pid: number): Promise<string> {
	const end = Date.now() + longestStartSeconds * 1000;
	while (Date.now() < end) {
		try {
			return await readFile(readyFile, "utf8");
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
		if (!alive(pid)) {
			throw new Error(
				`Collections did not start:\n${await readFile(logFile, "utf8")}`,
			);
		}
		await sleep(200);
	}
	throw new Error(
		`Collections is not ready after ${longestStartSeconds} s: see ${logFile}.`,
	);
}

function alive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
