import type { Buckets } from "./apis/buckets.ts";
import type { Tables } from "./apis/dynamodb/tables.ts";
import type { EventBuses } from "./apis/event-buses.ts";
import type { MessageAttribute, Queues } from "./apis/queues.ts";
import type { Secrets } from "./apis/secrets.ts";
import type { UserPools } from "./apis/user-pools.ts";
import type { Credentials } from "./credentials.ts";
import type { Gateway } from "./gateway/gateway.ts";
import type { Access } from "./iam/access.ts";
import type { Caller } from "./iam/policy.ts";
import type { EventSource } from "./lambda/event-source.ts";
import type { LambdaFunction } from "./lambda/function.ts";
import type { Database } from "./postgres/database.ts";
import type { Schedules } from "./schedules.ts";
import type { State } from "./state.ts";

/** What the resources of the templates are made of. */
export interface Machine {
	readonly state: State;
	readonly credentials: Credentials;
	readonly access: Access;
	readonly buckets: Buckets;
	readonly queues: Queues;
	readonly buses: EventBuses;
	readonly secrets: Secrets;
	readonly userPools: UserPools;
	readonly tables: Tables;
	readonly gateway: Gateway;
	readonly schedules: Schedules;
	readonly database: Database;
	/** By ARN. */
	readonly functions: Map<string, LambdaFunction>;
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
