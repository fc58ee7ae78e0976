import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsError } from "./endpoint/types.ts";
import type { PortRegistry } from "./ports.ts";
import { RestApis } from "./services/apigateway/store.ts";
import { Gateway } from "./services/apigatewayv2/gateway.ts";
import type { RunningStack } from "./services/cloudformation/store.ts";
import { Distributions } from "./services/cloudfront/store.ts";
import { UserPools } from "./services/cognito/store.ts";
import { Tables } from "./services/dynamodb/store.ts";
import { Schedules } from "./services/eventbridge/schedules.ts";
import { EventBuses } from "./services/eventbridge/store.ts";
import { Access } from "./services/iam/access.ts";
import { Credentials } from "./services/iam/credentials.ts";
import type { Caller } from "./services/iam/permission.ts";
import { Functions } from "./services/lambda/store.ts";
import { Database } from "./services/rds/store.ts";
import { objectCreatedEvent } from "./services/s3/events.ts";
import { Buckets } from "./services/s3/store.ts";
import { Secrets } from "./services/secretsmanager/store.ts";
import type { SendOptions } from "./services/sqs/queue.ts";
import { Queues } from "./services/sqs/store.ts";
import { Parameters } from "./services/ssm/store.ts";
import type { State } from "./state.ts";

/** The stores of every AWS service, which templates fill and APIs serve. */
export interface Stores {
	readonly state: State;
	readonly credentials: Credentials;
	readonly access: Access;
	readonly buckets: Buckets;
	readonly queues: Queues;
	readonly buses: EventBuses;
	readonly secrets: Secrets;
	readonly parameters: Parameters;
	readonly userPools: UserPools;
	readonly tables: Tables;
	readonly gateway: Gateway;
	readonly restApis: RestApis;
	readonly distributions: Distributions;
	readonly schedules: Schedules;
	readonly database: Database;
	readonly functions: Functions;
	/** Stacks whose resources all exist. */
	readonly stacks: RunningStack[];
	/** The folder of each asset, by its object key. */
	readonly assets: ReadonlyMap<string, string>;
	/** Folder into which bundles are unpacked, outside the repository. */
	readonly taskRoots: string;
	/** Adds a line to the emulator's own log. */
	log(line: string): void;
	/**
	 * Sends a body to a queue or invokes a function with it, as EventBridge, schedules and failure destinations do.
	 * @throws AwsError where the sender may not
	 */
	deliver(sender: Caller, targetArn: string, body: string, options?: SendOptions): void;
	/** Ends the database and removes the unpacked bundles. */
	close(): Promise<void>;
}

interface StoresOptions {
	state: State;
	ports: PortRegistry;
	assets: ReadonlyMap<string, string>;
	/** Port of the HTTP API. */
	apiPort: number;
	databaseUrl: string | null;
	parameters: Readonly<Record<string, string>>;
	log(line: string): void;
}

/** Opens the stores and connects those that send to each other. */
export function openStores({ state, ports, assets, apiPort, databaseUrl, parameters, log }: StoresOptions): Stores {
	const access = new Access(state);
	const functions = new Functions(state);
	const queues = new Queues(state);
	const deliver: Stores["deliver"] = (sender, targetArn, body, options) => {
		const target = functions.get(targetArn);
		const action = target ? "lambda:InvokeFunction" : "sqs:SendMessage";
		access.require(sender, { action, resource: targetArn });
		if (target) target.invokeLater(Buffer.from(body));
		else queues.send(targetArn, body, options);
	};
	const buses = new EventBuses(state, {
		deliver: (targetArn, body, ruleArn, options) =>
			deliver(access.service("events.amazonaws.com", ruleArn), targetArn, body, options),
		lost: log,
	});
	const database = new Database({
		stateDir: state.dir,
		ports,
		url: databaseUrl,
		log,
	});
	const taskRoots = createTaskRoots(state.dir);
	const buckets = new Buckets(state, {
		onObjectCreated: (object) => buses.publish("default", objectCreatedEvent(object, state.account)),
	});
	const distributions = new Distributions({ ports, buckets, access, account: state.account });
	const restApis = new RestApis({ ports, account: state.account, region: state.region, log });
	return {
		state,
		credentials: new Credentials(state),
		access,
		buckets,
		distributions,
		queues,
		buses,
		secrets: new Secrets(state),
		parameters: new Parameters(state, parameters),
		userPools: new UserPools(state, {
			deliverCode: (email, code) => log(`Confirmation code for ${email}: ${code}`),
			async invokeTrigger(poolArn, functionArn, event) {
				access.require(access.service("cognito-idp.amazonaws.com", poolArn), {
					action: "lambda:InvokeFunction",
					resource: functionArn,
				});
				const target = functions.get(functionArn);
				if (!target) throw new AwsError("ResourceNotFoundException", `Function not found: ${functionArn}`);
				const { failed, payload } = await target.invoke(Buffer.from(JSON.stringify(event)));
				return { failed, payload: payload.toString() };
			},
		}),
		tables: new Tables(state),
		gateway: new Gateway({
			port: apiPort,
			account: state.account,
			region: state.region,
			log,
		}),
		restApis,
		schedules: new Schedules(log),
		database,
		functions,
		stacks: [],
		assets,
		taskRoots,
		log,
		deliver,
		async close() {
			rmSync(taskRoots, { recursive: true, force: true });
			await restApis.close();
			await distributions.close();
			await database.stop();
		},
	};
}

/** Creates a folder in the system's temporary folder: below the repository, bundles would find its packages. */
function createTaskRoots(stateDir: string): string {
	const record = join(stateDir, "unpacked-at");
	// A process that was killed left its folder behind.
	if (existsSync(record)) {
		rmSync(readFileSync(record, "utf8"), { recursive: true, force: true });
	}
	const folder = mkdtempSync(join(tmpdir(), "cdk-local-"));
	writeFileSync(record, folder);
	return folder;
}
