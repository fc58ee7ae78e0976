import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import { CollectionsClient } from "#client/index.ts";
import { freePort } from "#deployment/free-port.ts";
import { type Outputs, readOutputsFile } from "#deployment/outputs.ts";
import { type AwsCredentials, ensureUser, signIn } from "#deployment/users.ts";
import type { LocalMachine } from "#lib/read-environment.ts";
import { invoke, operatorOf } from "#tools/local/local-environment.ts";
import { writeAssembly } from "./assemblies.ts";
import { type CloudProcess, copyDatabase, startCloudProcess } from "./cloud-process.ts";
import { Control } from "./control.ts";

const password = "correct-Horse-9";

interface OwnCloudOptions {
	/** Settings of the machine beside the defaults: the providers' keys and addresses. */
	machine?: LocalMachine;
	/** The settings that differ from the environment's row in `cdk.json`; they need a machine. */
	settings?: object;
	/** Rewrites the templates before the start. */
	change?: (assembly: string) => Promise<void>;
}

/**
 * A local cloud for one test file that stops it, kills it or counts its contents. All other files share the
 * cloud of the global set-up.
 */
export class OwnCloud {
	readonly directory: string;
	readonly port: number;
	#process: CloudProcess | undefined;
	#running: { outputs: Outputs; operator: AwsCredentials; control: Control } | undefined;
	#starts = 0;

	private constructor(directory: string, port: number) {
		this.directory = directory;
		this.port = port;
	}

	/** Starts a cloud with an empty database: the migration gives its roles their passwords. */
	static async start(options: OwnCloudOptions = {}): Promise<OwnCloud> {
		const cloud = new OwnCloud(await mkdtemp(path.join(tmpdir(), "collections-own-")), await freePort());
		await copyDatabase(inject("migratedDatabase"), cloud.stateDir);
		await cloud.restart(options);
		await cloud.invoke(cloud.outputs.MigrationFunctionName);
		return cloud;
	}

	/** Starts a stopped or killed cloud with its former state; with options, from new templates. */
	async restart(options?: OwnCloudOptions): Promise<void> {
		if (options) {
			this.#starts += 1;
			await writeAssembly(this.#assembly, options.machine, options.settings);
			await options.change?.(this.#assembly);
		}
		this.#process = await startCloudProcess({
			assembly: this.#assembly,
			stateDir: this.stateDir,
			outputsFile: this.outputsFile,
			port: this.port,
		});
		const outputs = await readOutputsFile(this.outputsFile, "start the cloud");
		const operator = await operatorOf(this.stateDir);
		this.#running = { outputs, operator, control: new Control(outputs, operator) };
	}

	get #assembly(): string {
		return path.join(this.directory, `cdk.out-${this.#starts}`);
	}

	get stateDir(): string {
		return path.join(this.directory, "state");
	}

	get outputsFile(): string {
		return path.join(this.directory, "outputs.json");
	}

	get outputs(): Outputs {
		return this.#started.outputs;
	}

	get operator(): AwsCredentials {
		return this.#started.operator;
	}

	get #started() {
		if (!this.#running) throw new Error("The cloud has not been started.");
		return this.#running;
	}

	/** The operator's options for an AWS client. */
	get client() {
		return {
			region: this.outputs.Region,
			endpoint: this.outputs.AwsEndpointUrl ?? "",
			credentials: this.operator,
		};
	}

	get control(): Control {
		return this.#started.control;
	}

	invoke(functionName: string, event?: object): Promise<unknown> {
		return invoke(this.outputs, this.operator, functionName, event);
	}

	/** Creates a confirmed user and signs them in. */
	async newUser(email: string): Promise<CollectionsClient> {
		await ensureUser(this.outputs, this.operator, email, password);
		return this.signIn(email);
	}

	async signIn(email: string): Promise<CollectionsClient> {
		const session = await signIn(this.outputs, email, password);
		const { ApiUrl: apiUrl, StreamUrl } = this.outputs;
		return new CollectionsClient({ apiUrl, streamUrl: String(StreamUrl), session, retryUnavailable: false });
	}

	async stop(): Promise<void> {
		await this.#process?.stop();
		this.#process = undefined;
	}

	async kill(): Promise<void> {
		await this.#process?.kill();
		this.#process = undefined;
	}

	/** Stops the cloud and deletes its state. */
	async remove(): Promise<void> {
		await this.stop();
		await rm(this.directory, { recursive: true, force: true });
	}
}
