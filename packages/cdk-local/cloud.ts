import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { controlApi } from "./control.ts";
import { serveAws } from "./endpoint/endpoint.ts";
import { lockState } from "./lock.ts";
import { PortRegistry } from "./ports.ts";
import { Gateway } from "./services/apigatewayv2/gateway.ts";
import { UserPools } from "./services/cognito/store.ts";
import { Tables } from "./services/dynamodb/store.ts";
import { Schedules } from "./services/eventbridge/schedules.ts";
import { EventBuses } from "./services/eventbridge/store.ts";
import { Access } from "./services/iam/access.ts";
import {
	Credentials,
	type IssuedCredentials,
} from "./services/iam/credentials.ts";
import type { Caller } from "./services/iam/permission.ts";
import { awsServices } from "./services/index.ts";
import { functionLog } from "./services/lambda/function-log.ts";
import { Database } from "./services/rds/database.ts";
import { Buckets } from "./services/s3/store.ts";
import { Secrets } from "./services/secretsmanager/store.ts";
import { type MessageAttribute, Queues } from "./services/sqs/store.ts";
import { Parameters } from "./services/ssm/store.ts";
import type { Services } from "./services.ts";
import { openState } from "./state.ts";
import { type Json, readAssembly } from "./template/assembly.ts";
import { Stack } from "./template/stack.ts";

export interface CloudOptions {
	/** Folder that `cdk synth` wrote. */
	assembly: string;
	/** Where everything is kept that must survive a restart. */
	stateDir: string;
	/** What gives that folder back, where the caller has taken it already by `lockState`. */
	giveBack?: () => void;
	/** Of the HTTP API; 0 for a free one. */
	port: number;
	/** Where the stacks' outputs are written. */
	outputsFile: string;
	/** Keys that the outputs file has in any case, null where no stack gives them. */
	outputKeys?: readonly string[];
	/** Parameter Store's secrets by name: kept in memory, never written. */
	parameters?: Readonly<Record<string, string>>;
	/** A native Postgres instead of PGlite. */
	databaseUrl?: string;
	/** Gets every line of the cloud's own log, which is `logs/cloud.log` below the state folder. */
	log?: (line: string) => void;
}

/** A running local cloud. */
export interface Cloud {
	/** Of the HTTP API. */
	readonly url: string;
	/** Of the AWS APIs. */
	readonly endpoint: string;
	readonly outputs: Readonly<Record<string, Json>>;
	/** The keys of whoever runs it, an administrator of the account. */
	readonly operator: IssuedCredentials;
	/** What everybody may do. */
	readonly access: Access;
	stop(): Promise<void>;
}

/** Runs a synthesized assembly on this machine. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
	const assembly = readAssembly(resolve(options.assembly));
	const stateDir = resolve(options.stateDir);
	mkdirSync(stateDir, { recursive: true, mode: 0o700 });
	/** What was begun, to be ended in reverse order. */
	const endings: (() => unknown)[] = [];
	const end = async () => {
		for (let ending = endings.pop(); ending; ending = endings.pop()) {
			await ending();
		}
	};
	try {
		endings.push(options.giveBack ?? lockState(stateDir));
		const toFile = functionLog(stateDir, "cloud");
		const log = (line: string) => {
			toFile(`${new Date().toISOString()} ${line}`);
			options.log?.(line);
		};
		const region = assembly.stacks.find((stack) => stack.region)?.region;
		const state = openState(stateDir, region ? { region } : {});
		endings.push(() => state.close());
		const ports = new PortRegistry(stateDir);
		const credentials = new Credentials(state);
		const access = new Access(state);

		const queues = new Queues(state);
		const announcedBuckets = new Set<string>();
		const deliver = (
			from: Caller,
			arn: string,
			body: string,
			attributes?: Record<string, MessageAttribute>,
		) => {
			const target = services.functions.get(arn);
			const action = target ? "lambda:InvokeFunction" : "sqs:SendMessage";
			access.require(from, { action, resource: arn });
			if (target) target.invokeLater(Buffer.from(body));
			else queues.send(arn, body, { attributes });
		};
		const buses = new EventBuses(state, {
			deliver: (arn, body, ruleArn, attributes) =>
				deliver(
					access.service("events.amazonaws.com", ruleArn),
					arn,
					body,
					attributes,
				),
			lost: log,
		});
		const buckets = new Buckets(state, {
			announces: (bucket) => announcedBuckets.has(bucket),
			onObjectCreated: (created) => {
				if (!announcedBuckets.has(created.bucket)) return;
				buses.publish("default", {
					source: "aws.s3",
					detailType: "Object Created",
					resources: [`arn:aws:s3:::${created.bucket}`],
					detail: {
						version: "0",
						bucket: { name: created.bucket },
						object: {
							key: created.key,
							size: created.size,
							etag: created.etag,
							...(created.versionId && { "version-id": created.versionId }),
							sequencer: created.sequencer,
						},
						"request-id": created.requestId,
						requester: state.account,
						"source-ip-address": "127.0.0.1",
						reason: created.reason,
					},
				});
			},
		});
		const secrets = new Secrets(state);
		const tables = new Tables(state);
		const parameters = new Parameters(state, options.parameters);
		const userPools = new UserPools(state, {
			deliverCode: (email, code) =>
				log(`Confirmation code for ${email}: ${code}`),
		});
		const database = new Database({
			stateDir,
			ports,
			url: options.databaseUrl ?? null,
			log,
		});
		endings.push(() => database.stop());

		const functions: Services["functions"] = new Map();
		const schedules = new Schedules(log);
		const taskRoots = unpackingFolder(stateDir);
		endings.push(() => rmSync(taskRoots, { recursive: true, force: true }));

		const gateway = new Gateway({
			port: options.port,
			account: state.account,
			region: state.region,
			log,
		});
		const services: Services = {
			state,
			credentials,
			access,
			buckets,
			queues,
			buses,
			secrets,
			parameters,
			userPools,
			tables,
			gateway,
			schedules,
			database,
			functions,
			stacks: [],
			eventSources: [],
			announcedBuckets,
			assets: assembly.assets,
			taskRoots,
			log,
			deliver,
		};

		const endpoint = await serveAws({
			state,
			credentials,
			access,
			apis: awsServices.flatMap(({ api }) => api?.(services) ?? []),
			port: await ports.take("aws"),
			control: controlApi({ functions, schedules, database }),
		});
		endings.push(() => endpoint.close());
		endings.push(() =>
			Promise.all([...functions.values()].map((one) => one.close())),
		);
		await gateway.listen();
		endings.push(() => gateway.close());

		const exports = new Map<string, Json>();
		let outputs: Record<string, Json> = {};
		for (const stack of assembly.stacks) {
			const running = new Stack(stack, services, exports);
			const made = database.renameIn(await running.create());
			services.stacks.push({
				name: stack.name,
				outputs: made,
				resources: running.resources,
				startedAt: state.now(),
			});
			outputs = { ...outputs, ...made };
		}
		outputs = {
			...Object.fromEntries(
				(options.outputKeys ?? []).map((key) => [key, null]),
			),
			...outputs,
			AwsEndpointUrl: state.endpoint,
		};

		for (const service of awsServices) {
			const stop = service.start?.(services);
			if (stop) endings.push(stop);
		}

		const operator = credentials.issue("operator");
		write(join(stateDir, "operator.json"), operator, 0o600);
		write(resolve(options.outputsFile), outputs, 0o644);
		return {
			url: gateway.url,
			endpoint: state.endpoint,
			outputs,
			operator,
			access,
			stop: end,
		};
	} catch (error) {
		await end();
		throw error;
	}
}

/** A folder outside the repository, so that bundles find none of its packages. */
function unpackingFolder(stateDir: string): string {
	const note = join(stateDir, "unpacked-at");
	// A cloud that was killed could not clean up.
	if (existsSync(note)) {
		rmSync(readFileSync(note, "utf8"), { recursive: true, force: true });
	}
	const folder = mkdtempSync(join(tmpdir(), "local-cloud-"));
	writeFileSync(note, folder);
	return folder;
}

/** Readers see the old file or the new one, never half of it. */
function write(file: string, value: unknown, mode: number): void {
	writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode });
	renameSync(`${file}.new`, file);
}
