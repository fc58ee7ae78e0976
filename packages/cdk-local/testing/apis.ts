import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveAws } from "../endpoint/endpoint.ts";
import { cognitoApi } from "../services/cognito/api.ts";
import { UserPools } from "../services/cognito/store.ts";
import { dynamodbApi } from "../services/dynamodb/api.ts";
import { Tables } from "../services/dynamodb/store.ts";
import { eventBridgeApi } from "../services/eventbridge/api.ts";
import { EventBuses } from "../services/eventbridge/store.ts";
import { Access } from "../services/iam/access.ts";
import { Credentials } from "../services/iam/credentials.ts";
import { s3Api } from "../services/s3/api.ts";
import { Buckets, type ObjectCreated } from "../services/s3/store.ts";
import { secretsManagerApi } from "../services/secretsmanager/api.ts";
import { Secrets } from "../services/secretsmanager/store.ts";
import { sqsApi } from "../services/sqs/api.ts";
import { Queues } from "../services/sqs/store.ts";
import { parameterStoreApi } from "../services/ssm/api.ts";
import { Parameters } from "../services/ssm/store.ts";
import { openState } from "../state.ts";

export const region = "eu-central-1";

/** Serves the AWS APIs that need no templates on a free port, with a state of their own. */
export async function startApis(dir = newStateDir()) {
	let ahead = 0;
	const state = openState(dir, { region, now: () => Date.now() + ahead });
	const credentials = new Credentials(state);
	const access = new Access(state);
	const created: ObjectCreated[] = [];
	const codes = new Map<string, string>();
	const queues = new Queues(state);
	const buses = new EventBuses(state, {
		deliver: (targetArn, body, _, options) => {
			queues.send(targetArn, body, options);
		},
	});
	const buckets = new Buckets(state, {
		onObjectCreated: (event) => created.push(event),
	});
	const secrets = new Secrets(state);
	const parameters = new Parameters(state, {
		"/preset/parameter": "preset-secret",
	});
	const pools = new UserPools(state, {
		deliverCode: (email, code) => codes.set(email, code),
	});
	const tables = new Tables(state);
	const endpoint = await serveAws({
		state,
		credentials,
		access,
		apis: [
			s3Api(buckets, state),
			sqsApi(queues),
			eventBridgeApi(buses),
			secretsManagerApi(secrets),
			parameterStoreApi(parameters),
			cognitoApi(pools),
			dynamodbApi(tables),
		],
		port: 0,
	});
	const keys = credentials.issue("operator");
	return {
		dir,
		state,
		buckets,
		queues,
		buses,
		secrets,
		pools,
		tables,
		/** Events that S3 sent. */
		created,
		/** The last code sent to each address. */
		codes,
		keys,
		access,
		/** Issues keys of a role whose policy has these statements. */
		keysOf(role: string, ...Statement: object[]) {
			const { arn } = access.addRole(role, ["lambda.amazonaws.com"]);
			access.attach(arn, role, { Version: "2012-10-17", Statement });
			access.identify(role, access.session(arn, "tests"));
			return credentials.issue(role);
		},
		/** Options of a client: `new S3Client(apis.client)`. */
		client: {
			endpoint: state.endpoint,
			region,
			credentials: keys,
			maxAttempts: 1,
		},
		/** Moves the clock of the APIs, not that of their clients. */
		passSeconds(seconds: number) {
			ahead += seconds * 1_000;
		},
		resetClock() {
			ahead = 0;
		},
		async stop() {
			await endpoint.close();
			state.close();
		},
		/** Stops the server and deletes its state. */
		async destroy() {
			await this.stop();
			rmSync(dir, { recursive: true });
		},
	};
}

export type Apis = Awaited<ReturnType<typeof startApis>>;

function newStateDir(): string {
	return mkdtempSync(join(tmpdir(), "aws-apis-"));
}
