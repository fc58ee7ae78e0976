import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import type { Readable } from "node:stream";
import type { Request } from "./script-host-process.ts";

/** A script's output and exit code. */
export interface Run {
	code: number | null;
	stdout: string;
	stderr: string;
}

/** Runs scripts in one process, one after another; nobody sends them signals or input. */
export interface ScriptHost {
	run(request: Request): Promise<Run>;
	stop(): Promise<void>;
}

/** Ends the output of a script, on both streams. */
const endOfOutput = randomUUID();

export function startScriptHost(): ScriptHost {
	const child = fork(path.join(import.meta.dirname, "script-host-process.ts"), [endOfOutput], {
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	child.stdout?.setEncoding("utf8");
	child.stderr?.setEncoding("utf8");
	let last: Promise<unknown> = Promise.resolve();
	return {
		run(request) {
			const run = last.then(() => runIn(child, request));
			last = run.catch(() => {});
			return run;
		},
		async stop() {
			child.kill("SIGKILL");
			if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
		},
	};
}

async function runIn(child: ChildProcess, request: Request): Promise<Run> {
	const { stdout, stderr } = child;
	if (!stdout || !stderr) throw new Error("The process has no output.");
	const outputs = Promise.all([outputOf(stdout), outputOf(stderr)]);
	const answered = new Promise<number>((resolve, reject) => {
		const died = (code: number | null) => reject(new Error(`The process ended with ${code}.`));
		child.once("exit", died);
		child.once("message", (code) => {
			child.off("exit", died);
			resolve(Number(code));
		});
	});
	child.send(request);
	const code = await answered;
	const [out, err] = await outputs;
	return { code, stdout: out, stderr: err };
}

/** Reads a stream up to the end of a script's output. */
function outputOf(stream: Readable): Promise<string> {
	let text = "";
	return new Promise((resolve) => {
		const read = (chunk: string) => {
			text += chunk;
			if (!text.endsWith(endOfOutput)) return;
			stream.off("data", read);
			resolve(text.slice(0, -endOfOutput.length));
		};
		stream.on("data", read);
	});
}
