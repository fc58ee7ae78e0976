import { randomUUID } from "node:crypto";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { Caller } from "../iam/permission.ts";

import { maxPayload } from "./runtime-api.ts";
import { type InvocationResult, Sandbox } from "./sandbox.ts";

export interface FunctionSettings {
	arn: string;
	name: string;
	logicalId: string;
	/** Folder of the bundle as it was built. */
	code: string;
	/** Where it is unpacked, so that it runs without anything around it. */
	taskRoot: string;
	bootstrap: string;
	handler: string;
	memoryMegabytes: number;
	timeoutSeconds: number;
	/** Null where the template reserves nothing. */
	reservedConcurrency: number | null;
	/** The variables of the template. */
	variables: Record<string, string>;
	/** The variables that the runtime gives. */
	runtimeVariables(): Record<string, string>;
	/** Where its lines are found. */
	logGroup: string;
	/** As which it calls: its role at work. */
	caller: Caller;
	log(line: string): void;
	/** Where an event is put that failed in the end, or null. */
	onGivenUp: ((event: Buffer, outcome: InvocationResult) => void) | null;
}

/** What a new AWS account has for all its functions; here each may have as many processes. */
const defaultConcurrency = 10;

/** A sandbox without work is ended after this long, as Lambda does after some minutes. */
const idleSeconds = 300;

/** Lambda waits so long before it tries a failed event again, twice. */
const retrySeconds = [60, 120];

/** The payload is larger than Lambda takes. */
export class PayloadTooLarge extends Error {
	override name = "PayloadTooLarge";
}

/** A function of the templates: its sandboxes, reused and never shared by two invocations. */
export class LambdaFunction {
	readonly settings: FunctionSettings;
	/** How often and where to an asynchronous event goes; set by its own resource. */
	maximumRetries = retrySeconds.length;
	onGivenUp: FunctionSettings["onGivenUp"];
	readonly #idle: { sandbox: Sandbox; since: number }[] = [];
	readonly #all = new Set<Sandbox>();
	readonly #queue: (() => void)[] = [];
	readonly #retries = new Set<NodeJS.Timeout>();
	readonly #sweeper: NodeJS.Timeout;
	#busy = 0;
	#taskRoot: string;
	#crashAt: string | null = null;
	/** The crash point of an invocation that is under way. */
	#crashing: string | null = null;
	/** The crash point that last ended a process. */
	#crashedAt: string | null = null;
	#closing = false;

	constructor(settings: FunctionSettings) {
		this.settings = settings;
		this.onGivenUp = settings.onGivenUp;
		this.#taskRoot = settings.taskRoot;
		this.#sweeper = setInterval(() => this.#endIdle(), 30_000);
		this.#sweeper.unref();
	}

	get concurrency(): number {
		return this.settings.reservedConcurrency ?? defaultConcurrency;
	}

	/** The next invocation runs in a sandbox of its own, with `CRASH_AT` set. */
	crashNextAt(point: string): void {
		this.#crashAt = point;
		this.#crashedAt = null;
	}

	/** The point whose invocation has not ended yet, and the one at which a process has died since it was set. */
	get crash(): { waiting: string | null; died: string | null } {
		return {
			waiting: this.#crashAt ?? this.#crashing,
			died: this.#crashedAt,
		};
	}

	/**
	 * Runs the function and waits for its answer.
	 * Where AWS would throttle, this waits in line: a laptop's two cores are always the tighter bound.
	 * @throws PayloadTooLarge
	 */
	async invoke(payload: Buffer): Promise<InvocationResult> {
		if (payload.length > maxPayload) {
			throw new PayloadTooLarge(
				`${payload.length} byte payload is too large for the RequestResponse invocation type (limit ${maxPayload} bytes)`,
			);
		}
		if (this.#busy >= this.concurrency) {
			await new Promise<void>((resolve) => this.#queue.push(resolve));
		} else this.#busy += 1;
		try {
			return await this.#run(payload);
		} finally {
			// The place is handed on, so nobody can overtake the line.
			const next = this.#queue.shift();
			if (next) next();
			else this.#busy -= 1;
		}
	}

	/** Runs the function for an event that nobody waits for; a failed one is tried twice more. */
	invokeLater(payload: Buffer, attempt = 0): void {
		this.invoke(payload).then(
			(outcome) => {
				if (!outcome.failed || this.#closing) return;
				if (attempt >= this.maximumRetries) {
					this.#giveUp(payload, outcome);
					return;
				}
				const timer = setTimeout(
					() => {
						this.#retries.delete(timer);
						this.invokeLater(payload, attempt + 1);
					},
					(retrySeconds[attempt] ?? 120) * 1000,
				);
				this.#retries.add(timer);
			},
			(error) => this.settings.log(`Event refused: ${error}`),
		);
	}

	#giveUp(payload: Buffer, outcome: InvocationResult): void {
		try {
			this.onGivenUp?.(payload, outcome);
		} catch (error) {
			// Lambda drops what it may not put there, and counts it as DeadLetterErrors.
			this.settings.log(`Event lost: ${error}`);
		}
	}

	/**
	 * Further invocations run this code; one under way ends with the code it began with.
	 * @param unpack writes the new bundle into the folder it is given
	 */
	async replaceCode(unpack: (folder: string) => void): Promise<void> {
		const fresh = `${this.settings.taskRoot}-${randomUUID()}`;
		unpack(fresh);
		this.#taskRoot = fresh;
		await Promise.all(
			this.#idle.splice(0).map(({ sandbox }) => this.#end(sandbox)),
		);
	}

	/** Ends every sandbox. */
	async close(): Promise<void> {
		this.#closing = true;
		clearInterval(this.#sweeper);
		for (const timer of this.#retries) clearTimeout(timer);
		await Promise.all([...this.#all].map((sandbox) => sandbox.close()));
	}

	async #run(payload: Buffer): Promise<InvocationResult> {
		const crashAt = this.#crashAt;
		this.#crashAt = null;
		if (crashAt !== null) {
			this.#crashing = crashAt;
			const sandbox = await this.#start({ CRASH_AT: crashAt });
			const outcome = await sandbox.run(payload);
			if (!sandbox.alive) this.#crashedAt = crashAt;
			this.#crashing = null;
			await this.#end(sandbox);
			return outcome;
		}
		const sandbox = await this.#take();
		const outcome = await sandbox.run(payload);
		const current = sandbox.taskRoot === this.#taskRoot;
		if (sandbox.alive && current) {
			this.#idle.push({ sandbox, since: Date.now() });
		} else await this.#end(sandbox);
		return outcome;
	}

	async #take(): Promise<Sandbox> {
		// The one used last, so that the others can be ended.
		for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
			if (last.sandbox.alive) return last.sandbox;
			await this.#end(last.sandbox);
		}
		return this.#start({});
	}

	async #start(more: Record<string, string>): Promise<Sandbox> {
		const { settings } = this;
		if (this.#closing) throw new Error(`${settings.name} is being ended.`);
		const taskRoot = this.#taskRoot;
		if (!existsSync(taskRoot)) {
			cpSync(settings.code, taskRoot, { recursive: true });
		}
		const sandbox = await Sandbox.start({
			functionArn: settings.arn,
			bootstrap: settings.bootstrap,
			taskRoot,
			memoryMegabytes: settings.memoryMegabytes,
			timeoutSeconds: settings.timeoutSeconds,
			environment: {
				...settings.variables,
				...settings.runtimeVariables(),
				_HANDLER: settings.handler,
				LAMBDA_TASK_ROOT: taskRoot,
				LAMBDA_RUNTIME_DIR: join(settings.bootstrap, ".."),
				...more,
			},
			log: settings.log,
		});
		this.#all.add(sandbox);
		return sandbox;
	}

	async #end(sandbox: Sandbox): Promise<void> {
		await sandbox.close();
		this.#all.delete(sandbox);
	}

	#endIdle(): void {
		const before = Date.now() - idleSeconds * 1000;
		while (this.#idle[0] && this.#idle[0].since < before) {
			const [old] = this.#idle.splice(0, 1);
			if (old) void this.#end(old.sandbox);
		}
	}
}
