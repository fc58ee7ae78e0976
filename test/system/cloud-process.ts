import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "#deployment/free-port.ts";

export interface CloudProcess {
	pid: number;
	/** Sends SIGTERM and waits for the exit. */
	stop(): Promise<void>;
	/** Sends SIGKILL, like a power cut, and waits for the exit. */
	kill(): Promise<void>;
}

/** Starts a local cloud in its own process. Resolves when its API answers. */
export async function startCloudProcess(options: {
	assembly: string;
	stateDir: string;
	outputsFile: string;
	port?: number;
	/** Receives the output: codes that users would get by mail are there. */
	logFile?: string;
}): Promise<CloudProcess> {
	const port = options.port ?? (await freePort());
	const child = spawn(
		process.execPath,
		[
			"packages/cdk-local/cli.ts",
			...["--assembly", options.assembly],
			...["--state", options.stateDir],
			...["--outputs", options.outputsFile],
			...["--port", String(port)],
		],
		{ stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (text) => {
			output += text;
			if (options.logFile) appendFileSync(options.logFile, text);
		});
	}
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	const end = Date.now() + 90_000;
	while (!/^ready /m.test(output)) {
		if (child.exitCode !== null || Date.now() > end) {
			child.kill("SIGKILL");
			throw new Error(`The local cloud did not start:\n${output}`);
		}
		await sleep(50);
	}
	return {
		pid: child.pid as number,
		stop: async () => {
			child.kill("SIGTERM");
			await ended;
		},
		kill: async () => {
			child.kill("SIGKILL");
			await ended;
		},
	};
}

/** Copies an initialized PGlite into the state of a cloud that has not been started yet. */
export const copyDatabase = (folder: string, stateDir: string): Promise<void> =>
	cp(folder, path.join(stateDir, "pgdata"), { recursive: true });

/** Rewrites each template of an assembly. */
export async function changeTemplates(assembly: string, change: (template: string) => string): Promise<void> {
	for (const name of await readdir(assembly)) {
		if (!name.endsWith(".template.json")) continue;
		const file = path.join(assembly, name);
		await writeFile(file, change(await readFile(file, "utf8")));
	}
}

/** Replaces offline vision, which takes a second an image, with one that returns an empty description at once. */
export const describeInstantly = (assembly: string): Promise<void> =>
	changeTemplates(assembly, (template) => template.replaceAll(/("VISION_PROVIDER":\s*)"offline"/g, '$1"instant"'));
