import { randomUUID } from "node:crypto";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import type { Caller } from "../iam/permission.ts";
import { maxPayload } from "./runtime-api.ts";
import { type InvocationResult, Sandbox, type StreamReceiver } from "./sandbox.ts";

interface FunctionSettings {
	arn: string;
	name: string;
	logicalId: string;
	/** Folder of the built bundle. */
	code: string;
	/** Folder into which the bundle is copied, away from other packages. */
	taskRoot: string;
	bootstrap: string;
	handler: string;
	memoryMegabytes: number;
	timeoutSeconds: number;
	/** Null without a reservation. */
	reservedConcurrency: number | null;
	/** The variables of the template. */
	variables: Record<string, string>;
	/** Returns the variables that the runtime adds. */
	runtimeVariables(): Record<string, string>;
	/** Name of its log group. */
	logGroup: string;
	/** The session of its role. */
	caller: Caller;
	log(line: string): void;
	/** Receives an event whose last retry failed; null drops it. */
	onEventFailed: ((event: Buffer, result: InvocationResult) => void) | null;
}

/** The quota of a new AWS account for all its functions; here each function may have as many processes. */
const defaultConcurrency = 10;

/** An idle sandbox ends after this time, as on Lambda after some minutes. */
const maxIdleSeconds = 300;

/** Delays before Lambda's two retries of a failed event. */
const retrySeconds = [60, 120];

/** The payload is larger than Lambda's limit. */
export class PayloadTooLarge extends Error {
	override name = "PayloadTooLarge";
}

/** A function of the templates with its sandboxes, which are reused but never shared by two invocations. */
export class LambdaFunction {
	readonly settings: FunctionSettings;
	/** Retries of an asynchronous event; an `EventInvokeConfig` sets this and `onEventFailed`. */
	maxRetries = retrySeconds.length;
	onEventFailed: FunctionSettings["onEventFailed"];
	/**
	 * Nobody waits for its answer: a queue invokes it. On AWS each sandbox has a share of a processor for itself; where all
	 * share a machine's, work of a queue must not take them from a function that a person waits for.
	 */
	givesWay = false;
	readonly #idle: { sandbox: Sandbox; since: number }[] = [];
	readonly #all = new Set<Sandbox>();
	readonly #queue: (() => void)[] = [];
	readonly #retries = new Set<NodeJS.Timeout>();
	readonly #sweeper: NodeJS.Timeout;
	#busy = 0;
	#taskRoot: string;
	#crashAt: string | null = null;
	/** The crash point of the running invocation. */
	#crashing: string | null = null;
	/** The crash point that last ended a process. */
	#crashedAt: string | null = null;
	#closing = false;

	constructor(settings: FunctionSettings) {
		this.settings = settings;
		this.onEventFailed = settings.onEventFailed;
		this.#taskRoot = settings.taskRoot;
		this.#sweeper = setInterval(() => this.#endIdle(), 30_000);
		this.#sweeper.unref();
	}

	get concurrency(): number {
		return this.settings.reservedConcurrency ?? defaultConcurrency;
	}

	/** Runs the next invocation in a sandbox of its own with `CRASH_AT` set. */
	crashNextAt(point: string): void {
		this.#crashAt = point;
		this.#crashedAt = null;
	}

	/** The crash point whose invocation has not ended, and the one at which a process has died since. */
	get crash(): { waiting: string | null; died: string | null } {
		return {
			waiting: this.#crashAt ?? this.#crashing,
			died: this.#crashedAt,
		};
	}

	/**
	 * Runs the function and waits for its answer.
	 * Waits in a queue where AWS would throttle: the machine's cores are always the tighter limit.
	 * @param abandoned the caller waits no longer: the function does not run unless it has begun
	 * @param receive gets the response of a function that streams as it begins; the result then has no payload
	 * @throws PayloadTooLarge; the signal's reason
	 */
	async invoke(payload: Buffer, abandoned?: AbortSignal, receive?: StreamReceiver): Promise<InvocationResult> {
		if (payload.length > maxPayload) {
			throw new PayloadTooLarge(
				`${payload.length} byte payload is too large for the RequestResponse invocation type (limit ${maxPayload} bytes)`,
			);
		}
		if (this.#busy >= this.concurrency) await this.#turn(abandoned);
		else this.#busy += 1;
		try {
			return await this.#run(payload, receive);
		} finally {
			// Passing the slot on directly keeps the queue in order.
			const next = this.#queue.shift();
			if (next) next();
			else this.#busy -= 1;
		}
	}

	/** Waits for the end of another invocation. @throws the signal's reason */
	async #turn(abandoned?: AbortSignal): Promise<void> {
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const giveUp = () => {
			const at = this.#queue.indexOf(resolve);
			if (at < 0) return; // its turn has come
			this.#queue.splice(at, 1);
			reject(abandoned?.reason);
		};
		this.#queue.push(resolve);
		abandoned?.addEventListener("abort", giveUp, { once: true });
		await promise;
		abandoned?.removeEventListener("abort", giveUp);
	}

	/** Runs the function for an asynchronous event; retries a failed one. */
	invokeLater(payload: Buffer, attempt = 0): void {
		this.invoke(payload).then(
			(result) => {
				if (!result.failed || this.#closing) return;
				if (attempt >= this.maxRetries) {
					this.#dropEvent(payload, result);
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

	#dropEvent(payload: Buffer, result: InvocationResult): void {
		try {
			this.onEventFailed?.(payload, result);
		} catch (error) {
			// Lambda drops an event that it may not send, and counts it in DeadLetterErrors.
			this.settings.log(`Event lost: ${error}`);
		}
	}

	/**
	 * Runs further invocations with new code; running ones end with the code they began with.
	 * @param unpack writes the new bundle into a folder
	 */
	async replaceCode(unpack: (folder: string) => void): Promise<void> {
		const fresh = `${this.settings.taskRoot}-${randomUUID()}`;
		unpack(fresh);
		this.#taskRoot = fresh;
		await Promise.all(this.#idle.splice(0).map(({ sandbox }) => this.#end(sandbox)));
	}

	/** Ends every sandbox. */
	async close(): Promise<void> {
		this.#closing = true;
		clearInterval(this.#sweeper);
		for (const timer of this.#retries) clearTimeout(timer);
		await Promise.all([...this.#all].map((sandbox) => sandbox.close()));
	}

	async #run(payload: Buffer, receive?: StreamReceiver): Promise<InvocationResult> {
		const crashAt = this.#crashAt;
		this.#crashAt = null;
		if (crashAt !== null) {
			this.#crashing = crashAt;
			const sandbox = await this.#start({ CRASH_AT: crashAt });
			const result = await sandbox.run(payload, receive);
			if (!sandbox.alive) this.#crashedAt = crashAt;
			this.#crashing = null;
			await this.#end(sandbox);
			return result;
		}
		const sandbox = await this.#take();
		const result = await sandbox.run(payload, receive);
		const isCurrent = sandbox.taskRoot === this.#taskRoot;
		if (sandbox.alive && isCurrent) {
			this.#idle.push({ sandbox, since: Date.now() });
		} else await this.#end(sandbox);
		return result;
	}

	async #take(): Promise<Sandbox> {
		// Reuses the most recent one, so that the others become idle and end.
		for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
			if (last.sandbox.alive) return last.sandbox;
			await this.#end(last.sandbox);
		}
		return this.#start({});
	}

	async #start(extraVariables: Record<string, string>): Promise<Sandbox> {
		const { settings } = this;
		if (this.#closing) throw new Error(`${settings.name} is shutting down.`);
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
				...extraVariables,
			},
			givesWay: this.givesWay,
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
		const before = Date.now() - maxIdleSeconds * 1000;
		while (this.#idle[0] && this.#idle[0].since < before) {
			const [old] = this.#idle.splice(0, 1);
			if (old) void this.#end(old.sandbox);
		}
	}
}
