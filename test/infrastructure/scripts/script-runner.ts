import { spawn } from "node:child_process";
import {
	chmodSync,
	existsSync,
	globSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import cdkJson from "../../../cdk.json" with { type: "json" };
import type { Run, ScriptHost } from "./script-host.ts";

/** A script that has not ended yet. */
export interface Running {
	/** The process id of the script, and of its process group. */
	pid: number;
	/** Returns its stdout so far. */
	output(): string;
	ended: Promise<Run>;
}

/** Runs the scripts of make in a temporary folder, and reads and writes its files. */
export interface ScriptRunner {
	folder: string;
	/** Runs a script as make does, but in this folder. */
	run(script: string, env?: Record<string, string>): Promise<Run>;
	/** Starts a script in a process group of its own, as a terminal does, with input on its stdin. */
	start(script: string, env?: Record<string, string>, options?: { args?: string[]; stdin?: string }): Running;
	/** Returns the recorded steps in order: calls of cdk, and runs of functions. */
	steps(): string[];
	forgetSteps(): void;
	/** Reads a file of this folder. */
	read(file: string): string;
	write(file: string, content: string, mode?: number): void;
	/** Returns a file's permissions. */
	mode(file: string): number;
	forget(file: string): void;
	/** Removes the folder. */
	remove(): void;
}

/** The file that records the steps; a function of the tiny cloud may add lines. */
const stepsFile = "steps.txt";

/**
 * Makes a temporary folder to run the scripts in, with a `cdk.json` whose environments dev and prod can be deployed.
 * An executable on the PATH replaces only the CDK's command line, which would call AWS: it records its arguments, and
 * fails or hangs if they contain `CDK_FAILS_AT` or `CDK_HANGS_AT`.
 * @param host runs the scripts that nobody interrupts; without it each is a process of its own
 */
export function createScriptRunner(dev: object = {}, host?: ScriptHost): ScriptRunner {
	const folder = mkdtempSync(join(tmpdir(), "operate-"));
	const steps = join(folder, stepsFile);
	const write = (file: string, content: string, mode = 0o644) => {
		mkdirSync(resolve(folder, file, ".."), { recursive: true });
		writeFileSync(join(folder, file), content, { mode });
	};
	const { environments } = cdkJson.context;
	const deployable = {
		account: "000000000000",
		region: "eu-central-1",
		availabilityZones: ["eu-central-1a", "eu-central-1b"],
		alarmEmail: "owner@collections.app",
		corsOrigins: ["https://collections.app"],
	};
	write(
		"cdk.json",
		JSON.stringify({
			context: {
				environments: {
					...environments,
					dev: { ...environments.dev, ...deployable, ...dev },
					prod: { ...environments.prod, ...deployable },
				},
			},
		}),
	);
	// synth writes this file with the templates.
	write("cdk.out/validation-report.json", JSON.stringify({ pluginReports: [{ violations: [] }] }));
	write(
		"bin/cdk",
		`#!/bin/sh
echo "cdk $*" >> ${steps}
if [ -n "$CDK_HANGS_AT" ]; then case "$*" in *"$CDK_HANGS_AT"*) exec sleep 60;; esac; fi
if [ -n "$CDK_FAILS_AT" ]; then case "$*" in *"$CDK_FAILS_AT"*) exit 1;; esac; fi
`,
	);
	chmodSync(join(folder, "bin/cdk"), 0o755);
	const environment = (env: Record<string, string>) => ({
		PATH: [join(folder, "bin"), process.env.PATH].join(delimiter),
		// The credentials of the person who runs the tests must not reach AWS.
		AWS_EC2_METADATA_DISABLED: "true",
		AWS_CONFIG_FILE: "/dev/null",
		AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
		HOME: folder,
		NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
		...env,
	});
	const start: ScriptRunner["start"] = (script, env = {}, { args = [], stdin = "" } = {}) => {
		const child = spawn(process.execPath, [scriptFile(script), ...args], {
			cwd: folder,
			detached: true,
			env: environment(env),
		});
		let stdout = "";
		let stderr = "";
		child.stdout.on("data", (text) => (stdout += text));
		child.stderr.on("data", (text) => (stderr += text));
		child.stdin.on("error", () => {}); // a script need not read it
		child.stdin.end(stdin);
		const ended = new Promise<Run>((done, reject) => {
			child.once("error", reject);
			child.once("close", (code) => done({ code, stdout, stderr }));
		});
		return { pid: child.pid ?? 0, output: () => stdout, ended };
	};
	return {
		folder,
		start,
		run: (script, env = {}) =>
			host ? host.run({ file: scriptFile(script), folder, env: environment(env) }) : start(script, env).ended,
		steps: () => (existsSync(steps) ? readFileSync(steps, "utf8").split("\n").filter(Boolean) : []),
		forgetSteps: () => rmSync(steps, { force: true }),
		read: (file) => readFileSync(join(folder, file), "utf8"),
		write,
		mode: (file) => statSync(join(folder, file)).mode & 0o777,
		forget: (file) => rmSync(join(folder, file), { force: true }),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** Waits until a condition holds that another process brings about. */
export async function until(condition: () => boolean): Promise<void> {
	const deadline = Date.now() + 30_000;
	for (;;) {
		try {
			if (condition()) return;
		} catch (error) {
			// The file is not written yet.
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
		}
		if (Date.now() > deadline) throw new Error("The condition did not hold within 30 s.");
		await sleep(20);
	}
}

/** Finds a script in the folders of `scripts`. */
function scriptFile(name: string): string {
	const [file] = globSync(`scripts/*/${name}.ts`);
	if (!file) throw new Error(`No folder of scripts has ${name}.ts.`);
	return resolve(file);
}
