import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { controlApi } from "./control.ts";
import { serveAws } from "./endpoint/endpoint.ts";
import { lockState } from "./lock.ts";
import { PortRegistry } from "./ports.ts";
import type { Access } from "./services/iam/access.ts";
import type { IssuedCredentials } from "./services/iam/credentials.ts";
import { awsServices } from "./services/index.ts";
import { functionLog } from "./services/lambda/function-log.ts";
import { openState } from "./state.ts";
import { openStores } from "./stores.ts";
import { type Json, readAssembly } from "./template/assembly.ts";
import { Stack } from "./template/stack.ts";

export interface CdkLocalOptions {
	/** Folder that `cdk synth` wrote. */
	assembly: string;
	/** Port of the HTTP API. @default 0, which takes a free one */
	port?: number;
	/** Folder for everything that survives a restart. @default ".cdk-local" */
	stateDir?: string;
	/** Releases the state folder, where the caller has locked it with `lockState`. @default cdkLocal locks it */
	unlock?: () => void;
	/** JSON file for the stacks' outputs. @default none is written */
	outputsFile?: string;
	/** Parameter Store's secure strings by name: held in memory, never written. */
	parameters?: Readonly<Record<string, string>>;
	/** A native PostgreSQL for the templates' DB instance, `postgres://user:password@host:port/name`. @default PGlite */
	databaseUrl?: string;
	/** Receives every line of the emulator's own log, which is also in `logs/cloud.log` of the state folder. */
	log?: (line: string) => void;
}

/** A CDK app that runs on this machine. */
export interface CdkLocal {
	/** URL of the HTTP API. */
	readonly url: string;
	/** URL of the AWS APIs, the `endpoint` of an SDK client. */
	readonly endpoint: string;
	/** The outputs of all stacks by logical id, and `AwsEndpointUrl`. */
	readonly outputs: Readonly<Record<string, Json>>;
	/** Keys of an administrator of the account; also in `operator.json` of the state folder. */
	readonly operator: IssuedCredentials;
	/** The policies: tests watch decisions here, and withhold grants. */
	readonly access: Access;
	stop(): Promise<void>;
}

/** Runs the stacks of a synthesized CDK app on this machine. */
export async function cdkLocal(options: CdkLocalOptions): Promise<CdkLocal> {
	const assembly = readAssembly(resolve(options.assembly));
	const stateDir = resolve(options.stateDir ?? ".cdk-local");
	mkdirSync(stateDir, { recursive: true, mode: 0o700 });
	const cleanups: (() => unknown)[] = [];
	const stop = async () => {
		for (let end = cleanups.pop(); end; end = cleanups.pop()) await end();
	};
	try {
		cleanups.push(options.unlock ?? lockState(stateDir));
		const writeLog = functionLog(stateDir, "cloud");
		const log = (line: string) => {
			writeLog(`${new Date().toISOString()} ${line}`);
			options.log?.(line);
		};
		const region = assembly.stacks.find((stack) => stack.region)?.region;
		const state = openState(stateDir, region ? { region } : {});
		cleanups.push(() => state.close());
		const ports = new PortRegistry(stateDir);
		const stores = openStores({
			state,
			ports,
			assets: assembly.assets,
			apiPort: options.port ?? 0,
			databaseUrl: options.databaseUrl ?? null,
			parameters: options.parameters ?? {},
			log,
		});
		cleanups.push(() => stores.close());

		const endpoint = await serveAws({
			state,
			credentials: stores.credentials,
			access: stores.access,
			apis: awsServices.flatMap(({ api }) => api?.(stores) ?? []),
			port: await ports.take("aws"),
			control: controlApi(stores),
		});
		cleanups.push(() => endpoint.close());
		cleanups.push(() => stores.functions.close());
		await stores.gateway.listen();
		cleanups.push(() => stores.gateway.close());

		const outputs: Record<string, Json> = {};
		const exports = new Map<string, Json>();
		for (const template of assembly.stacks) {
			const stack = new Stack(template, stores, exports);
			const stackOutputs = stores.restApis.localize(stores.database.renameIn(await stack.create()));
			stores.stacks.push({
				name: template.name,
				outputs: stackOutputs,
				resources: stack.resources,
				startedAt: state.now(),
			});
			Object.assign(outputs, stackOutputs);
		}
		outputs.AwsEndpointUrl = state.endpoint;

		for (const service of awsServices) {
			const stopService = service.start?.(stores);
			if (stopService) cleanups.push(stopService);
		}

		const operator = stores.credentials.issue("operator");
		writeJson(join(stateDir, "operator.json"), operator, 0o600);
		if (options.outputsFile) {
			writeJson(resolve(options.outputsFile), outputs, 0o644);
		}
		return {
			url: stores.gateway.url,
			endpoint: state.endpoint,
			outputs,
			operator,
			access: stores.access,
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}

/** Replaces the file at once: readers see the old one or the new one, never half of it. */
function writeJson(file: string, value: unknown, mode: number): void {
	writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode });
	renameSync(`${file}.new`, file);
}
