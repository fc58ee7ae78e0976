import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { giveWay } from "./give-way.ts";
import { RuntimeApi } from "./runtime-api.ts";

/** The result of an invocation. */
export interface InvocationResult {
	payload: Buffer;
	/** `payload` describes an error of the function. */
	failed: boolean;
}

/** Receives the response of a function that streams, when it begins. Destroying it ends the function's stream. */
export type StreamReceiver = (body: Readable) => void;

interface SandboxOptions {
	functionArn: string;
	/** The runtime client, a file of plain JavaScript. */
	bootstrap: string;
	/** Folder of the bundle. */
	taskRoot: string;
	memoryMegabytes: number;
	timeoutSeconds: number;
	/** The process's environment, to which the address of its Runtime API is added. */
	environment: Record<string, string>;
	/** Other processes go first where the processors are busy. */
	givesWay: boolean;
	/** Receives each line that the function writes. */
	log(line: string): void;
}

/** Lambda allows the initialization ten seconds in addition to the function's timeout. */
const maxInitSeconds = 10;

/** Between two looks at a process's memory. */
const minPeakMs = 100;

/** One process that runs a function's bundle, one invocation at a time. */
export class Sandbox {
	readonly #options: SandboxOptions;
	readonly #api: RuntimeApi;
	readonly #process: ChildProcess;
	readonly #closed: Promise<void>;
	#current: {
		requestId: string;
		payload: Buffer;
		sentAt: number | null;
		receive: StreamReceiver | undefined;
		end(result: InvocationResult): void;
	} | null = null;
	#peak = { readAt: Number.NEGATIVE_INFINITY, megabytes: "?" };
	#killer: NodeJS.Timeout | undefined;
	/** The result of every further invocation once the process is dead. */
	#death: InvocationResult | null = null;

	private constructor(options: SandboxOptions, api: RuntimeApi, child: ChildProcess) {
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
		// The process needs the API's port, and the API's events need the sandbox.
		let sandbox: Sandbox;
		const api = await RuntimeApi.listen({
			ready: () => sandbox.#send(),
			answered: (id, payload) => sandbox.#end(id, { payload, failed: false }),
			failed: (id, payload) => sandbox.#end(id, { payload, failed: true }),
			streams: (id, body) => sandbox.#stream(id, body),
			initFailed: (payload) => sandbox.#die({ payload, failed: true }),
		});
		const child = spawn(process.execPath, [`--max-old-space-size=${options.memoryMegabytes}`, options.bootstrap], {
			cwd: options.taskRoot,
			env: { ...options.environment, AWS_LAMBDA_RUNTIME_API: api.address },
			stdio: ["ignore", "pipe", "pipe"],
			// Ctrl-C in a terminal signals the whole process group: only the emulator itself must act on it.
			detached: true,
		});
		if (options.givesWay && child.pid) giveWay(child.pid, options.log);
		sandbox = new Sandbox(options, api, child);
		return sandbox;
	}

	/** A further invocation can run here. */
	get alive(): boolean {
		return this.#death === null;
	}

	/** Folder of the bundle that it runs. */
	get taskRoot(): string {
		return this.#options.taskRoot;
	}

	/** Runs one invocation. Never rejects: an error of the function is a result. */
	async run(payload: Buffer, receive?: StreamReceiver): Promise<InvocationResult> {
		if (this.#death) return this.#death;
		const { memoryMegabytes, timeoutSeconds, log } = this.#options;
		const { promise, resolve } = Promise.withResolvers<InvocationResult>();
		const requestId = randomUUID();
		const current = { requestId, payload, sentAt: null, receive, end: resolve };
		this.#current = current;
		const began = performance.now();
		this.#killAfter(maxInitSeconds + timeoutSeconds);
		if (this.#api.waiting) this.#send();
		const result = await promise;
		clearTimeout(this.#killer);
		this.#current = null;
		const sentAt = current.sentAt ?? began;
		log(
			`REPORT RequestId: ${requestId} Duration: ${(performance.now() - sentAt).toFixed(2)} ms ` +
				`Init Duration: ${(sentAt - began).toFixed(2)} ms ` +
				`Memory Size: ${memoryMegabytes} MB Max Memory Used: ${this.#peakMegabytes()} MB`,
		);
		return result;
	}

	/** Ends the process. */
	async close(): Promise<void> {
		this.#process.kill("SIGKILL");
		await this.#closed;
	}

	#send(): void {
		const current = this.#current;
		if (!current || current.sentAt !== null) return;
		const { timeoutSeconds, functionArn, log } = this.#options;
		current.sentAt = performance.now();
		this.#killAfter(timeoutSeconds);
		log(`START RequestId: ${current.requestId} Version: $LATEST`);
		this.#api.send({
			requestId: current.requestId,
			payload: current.payload,
			deadline: Date.now() + timeoutSeconds * 1000,
			functionArn,
		});
	}

	/** Without a receiver nobody reads the response: the caller is told of its end alone. */
	#stream(requestId: string, body: Readable): void {
		const receive = this.#current?.requestId === requestId ? this.#current.receive : undefined;
		if (receive) receive(body);
		else body.resume();
	}

	#end(requestId: string, result: InvocationResult): void {
		if (this.#current?.requestId === requestId) this.#current.end(result);
	}

	#killAfter(seconds: number): void {
		clearTimeout(this.#killer);
		this.#killer = setTimeout(() => {
			const message = `${new Date().toISOString()} ${this.#current?.requestId} Task timed out after ${this.#options.timeoutSeconds.toFixed(2)} seconds`;
			this.#options.log(message);
			this.#die(runtimeError("Sandbox.Timedout", message));
		}, seconds * 1000);
	}

	#die(result: InvocationResult): void {
		if (this.#death) return;
		this.#death = result;
		clearTimeout(this.#killer);
		this.#process.kill("SIGKILL");
		this.#current?.end(result);
	}

	/** Returns the process's peak memory; known on Linux only. It looks once for many invocations in a moment. */
	#peakMegabytes(): string {
		if (performance.now() - this.#peak.readAt > minPeakMs) {
			this.#peak = { readAt: performance.now(), megabytes: this.#readPeakMegabytes() };
		}
		return this.#peak.megabytes;
	}

	#readPeakMegabytes(): string {
		try {
			const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
			const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
			return String(Math.round(kilobytes / 1024));
		} catch {
			return "?";
		}
	}
}

function runtimeError(errorType: string, errorMessage: string): InvocationResult {
	return {
		payload: Buffer.from(JSON.stringify({ errorType, errorMessage })),
		failed: true,
	};
}
