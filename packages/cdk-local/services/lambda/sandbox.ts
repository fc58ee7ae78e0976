import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { RuntimeApi } from "./runtime-api.ts";

/** How an invocation ended. */
export interface InvocationResult {
	payload: Buffer;
	/** Whether `payload` describes an error of the function. */
	failed: boolean;
}

export interface SandboxOptions {
	functionArn: string;
	/** The runtime client, a file of plain JavaScript. */
	bootstrap: string;
	/** Where the bundle lies. */
	taskRoot: string;
	memoryMegabytes: number;
	timeoutSeconds: number;
	/** Everything in the process's environment but the address of its Runtime API. */
	environment: Record<string, string>;
	/** A line that the function wrote. */
	log(line: string): void;
}

/** Lambda gives the code before the first invocation ten seconds, on top of the function's own timeout. */
const initSeconds = 10;

/** One process that runs a function's bundle, one invocation at a time. */
export class Sandbox {
	readonly #options: SandboxOptions;
	readonly #api: RuntimeApi;
	readonly #process: ChildProcess;
	readonly #closed: Promise<void>;
	#current: {
		requestId: string;
		payload: Buffer;
		givenAt: number | null;
		end(outcome: InvocationResult): void;
	} | null = null;
	#killer: NodeJS.Timeout | undefined;
	/** Why no further invocation can run here. */
	#death: InvocationResult | null = null;

	private constructor(
		options: SandboxOptions,
		api: RuntimeApi,
		child: ChildProcess,
	) {
		this.#options = options;
		this.#api = api;
		this.#process = child;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#closed = promise;
		child.once("error", (error) => {
			this.#die(runtimeError("Runtime.InvalidEntrypoint", error.message));
			resolve();
		});
		// `close` comes after the last line of output.
		child.once("close", (code, signal) => {
			api.close();
			this.#die(
				runtimeError(
					"Runtime.ExitError",
					`RequestId: ${this.#current?.requestId ?? "none"} Error: Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`,
				),
			);
			resolve();
		});
		for (const stream of [child.stdout, child.stderr]) {
			if (!stream) continue;
			createInterface({ input: stream }).on("line", options.log);
		}
	}

	/** Starts the process. Resolves before its code has initialized. */
	static async start(options: SandboxOptions): Promise<Sandbox> {
		// The process needs the port, and only the process gives the events their meaning.
		let sandbox: Sandbox;
		const api = await RuntimeApi.listen({
			ready: () => sandbox.#give(),
			answered: (id, payload) => sandbox.#end(id, { payload, failed: false }),
			failed: (id, payload) => sandbox.#end(id, { payload, failed: true }),
			initFailed: (payload) => sandbox.#die({ payload, failed: true }),
		});
		const child = spawn(
			process.execPath,
			[`--max-old-space-size=${options.memoryMegabytes}`, options.bootstrap],
			{
				cwd: options.taskRoot,
				env: { ...options.environment, AWS_LAMBDA_RUNTIME_API: api.address },
				stdio: ["ignore", "pipe", "pipe"],
				// Ctrl-C in a terminal reaches its whole group: only the cloud itself shall act on it.
				detached: true,
			},
		);
		sandbox = new Sandbox(options, api, child);
		return sandbox;
	}

	/** Whether a further invocation can run here. */
	get alive(): boolean {
		return this.#death === null;
	}

	/** Where the bundle lies that it runs. */
	get taskRoot(): string {
		return this.#options.taskRoot;
	}

	/** Runs one invocation. Never rejects: an error of the function is an outcome. */
	async run(payload: Buffer): Promise<InvocationResult> {
		if (this.#death) return this.#death;
		const { memoryMegabytes, timeoutSeconds, log } = this.#options;
		const { promise, resolve } = Promise.withResolvers<InvocationResult>();
		const requestId = randomUUID();
		const current = { requestId, payload, givenAt: null, end: resolve };
		this.#current = current;
		const began = performance.now();
		this.#killAfter(initSeconds + timeoutSeconds);
		if (this.#api.waiting) this.#give();
		const outcome = await promise;
		clearTimeout(this.#killer);
		this.#current = null;
		const givenAt = current.givenAt ?? began;
		log(
			`REPORT RequestId: ${requestId} Duration: ${(performance.now() - givenAt).toFixed(2)} ms ` +
				`Init Duration: ${(givenAt - began).toFixed(2)} ms ` +
				`Memory Size: ${memoryMegabytes} MB Max Memory Used: ${this.#peakMegabytes()} MB`,
		);
		return outcome;
	}

	/** Ends the process. */
	async close(): Promise<void> {
		this.#process.kill("SIGKILL");
		await this.#closed;
	}

	#give(): void {
		const current = this.#current;
		if (!current || current.givenAt !== null) return;
		const { timeoutSeconds, functionArn, log } = this.#options;
		current.givenAt = performance.now();
		this.#killAfter(timeoutSeconds);
		log(`START RequestId: ${current.requestId} Version: $LATEST`);
		this.#api.give({
			requestId: current.requestId,
			payload: current.payload,
			deadline: Date.now() + timeoutSeconds * 1000,
			functionArn,
		});
	}

	#end(requestId: string, outcome: InvocationResult): void {
		if (this.#current?.requestId === requestId) this.#current.end(outcome);
	}

	#killAfter(seconds: number): void {
		clearTimeout(this.#killer);
		this.#killer = setTimeout(() => {
			const message = `${new Date().toISOString()} ${this.#current?.requestId} Task timed out after ${this.#options.timeoutSeconds.toFixed(2)} seconds`;
			this.#options.log(message);
			this.#die(runtimeError("Sandbox.Timedout", message));
		}, seconds * 1000);
	}

	#die(outcome: InvocationResult): void {
		if (this.#death) return;
		this.#death = outcome;
		clearTimeout(this.#killer);
		this.#process.kill("SIGKILL");
		this.#current?.end(outcome);
	}

	/** The most memory the process has held so far; known on Linux only. */
	#peakMegabytes(): string {
		try {
			const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
			const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
			return String(Math.round(kilobytes / 1024));
		} catch {
			return "?";
		}
	}
}

function runtimeError(
	errorType: string,
	errorMessage: string,
): InvocationResult {
	return {
		payload: Buffer.from(JSON.stringify({ errorType, errorMessage })),
		failed: true,
	};
}
