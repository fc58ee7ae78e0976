import type { Gateway } from "./services/apigatewayv2/gateway.ts";
import type { RunningStack } from "./services/cloudformation/store.ts";
import type { UserPools } from "./services/cognito/store.ts";
import type { Tables } from "./services/dynamodb/store.ts";
import type { Schedules } from "./services/eventbridge/schedules.ts";
import type { EventBuses } from "./services/eventbridge/store.ts";
import type { Access } from "./services/iam/access.ts";
import type { Credentials } from "./services/iam/credentials.ts";
import type { Caller } from "./services/iam/permission.ts";

import type { EventSource } from "./services/lambda/event-source.ts";
import type { LambdaFunction } from "./services/lambda/function.ts";
import type { Database } from "./services/rds/database.ts";
import type { Buckets } from "./services/s3/store.ts";
import type { Secrets } from "./services/secretsmanager/store.ts";
import type { MessageAttribute, Queues } from "./services/sqs/store.ts";
import type { Parameters } from "./services/ssm/store.ts";
import type { State } from "./state.ts";

/** What the resources of the templates are made of. */
export interface Services {
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
	readonly schedules: Schedules;
	readonly database: Database;
	/** By ARN. */
	readonly functions: Map<string, LambdaFunction>;
	/** Stacks whose resources all exist. */
	readonly stacks: RunningStack[];
	readonly eventSources: EventSource[];
	/** Buckets whose new objects are announced on the default bus. */
	readonly announcedBuckets: Set<string>;
	/** Folder of an asset by its object key. */
	readonly assets: Map<string, string>;
	/** Where bundles are unpacked, outside the repository. */
	readonly taskRoots: string;
	/** One line of the cloud's own log. */
	log(line: string): void;
	/** Hands a body to a queue or function where the sender may, as EventBridge, schedules and failure destinations do. */
	deliver(
		from: Caller,
		targetArn: string,
		body: string,
		attributes?: Record<string, MessageAttribute>,
	): void;
}
