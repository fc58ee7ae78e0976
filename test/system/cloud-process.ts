import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "#cli/free-port.ts";

export interface CloudProcess {
	pid: number;
	/** Ends it in an orderly way and waits for it. */
	stop(): Promise<void>;
	/** `kill -9`, as a power cut would. */
	kill(): Promise<void>;
}

/** Starts a local cloud in a process of its own; resolves when its API answers. */
export async function startCloudProcess(options: {
	assembly: string;
	stateDir: string;
	outputsFile: string;
	port?: number;
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
	let said = "";
	child.stdout.on("data", (text) => (said += text));
	child.stderr.on("data", (text) => (said += text));
	const ended = new Promise<void>((resolve) =>
		child.once("exit", () => resolve()),
	);
	const end = Date.now() + 90_000;
	while (!/^ready /m.test(said)) {
		if (child.exitCode !== null || Date.now() > end) {
			child.kill("SIGKILL");
			throw new Error(`The local cloud did not start:\n${said}`);
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

/** Changes synthesized templates so that images are described at once and not at all: where seeing is not what is tested. */
export async function describeInstantly(assembly: string): Promise<void> {
	for (const file of await readdir(assembly)) {
		if (!file.endsWith(".template.json")) continue;
		const template = await readFile(path.join(assembly, file), "utf8");
		const changed = template.replaceAll(
			/("VISION_PROVIDER":\s*)"offline"/g,
			'$1"instant"',
		);
		await writeFile(path.join(assembly, file), changed);
	}
}
