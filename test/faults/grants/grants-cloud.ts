import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CloudFormationClient, ListStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
	AdminAddUserToGroupCommand,
	CognitoIdentityProviderClient,
	SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetQueueAttributesCommand, PurgeQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { inject } from "vitest";
import { keyedProviders, keyParameter } from "#ai/providers.ts";
import { type CdkLocal, cdkLocal } from "#cdk-local/index.ts";
import type { Grant } from "#cdk-local/services/iam/policy.ts";
import { CollectionsClient } from "#client/index.ts";
import { type Outputs, readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { invoke } from "#tools/local/local-environment.ts";
import { writeAssembly } from "../../system/assemblies.ts";
import { changeTemplates, copyDatabase, describeInstantly } from "../../system/cloud-process.ts";
import { Control } from "../../system/control.ts";
import { startProviderStub } from "./provider-stub.ts";

/** A local cloud in this process, whose grants can be withheld and restored while it runs. */
export interface GrantsCloud {
	cloud: CdkLocal;
	outputs: Outputs;
	control: Control;
	user: CollectionsClient;
	/** Signs in a new person, who is in these groups of the user pool. */
	newUser(...groups: string[]): Promise<CollectionsClient>;
	/** Ends the scenario that runs: its user's requests, too. */
	signal?: AbortSignal;
	/** Returns the same cloud for one scenario, which ends with the signal. */
	until(signal: AbortSignal): GrantsCloud;
	/** Withholds grants until they are restored; a grant may be withheld for several reasons. @returns restores them */
	withhold(grants: Grant[]): () => void;
	/** Asks for an account, as a person with this address. */
	signUp(email: string): Promise<unknown>;
	/** Clients of the account's administrator. */
	events: EventBridgeClient;
	s3: S3Client;
	dynamodb: DynamoDBClient;
	secrets: SecretsManagerClient;
	/** The paths of the requests to the providers' stub. */
	requestedPaths: string[];
	/** Makes the functions' next invocations run in new processes, which have read no secret yet. */
	cold(...functions: string[]): Promise<void>;
	invoke(functionName: string, event?: object): Promise<unknown>;
	/** Returns the lines of a function's log that have this word. */
	logged(name: LoggingFunction, word: string): Promise<string[]>;
	/** Invokes a function asynchronously. */
	invokeLater(functionName: string): Promise<unknown>;
	/** Runs every schedule of the function. */
	runSchedules(functionName: string): Promise<unknown>;
	/** Returns the seconds until each received message of a queue is visible again. */
	returnsIn(queueUrl: string): number[];
	/** Counts the messages of a queue, visible or not. */
	depth(queueUrl: string): Promise<number>;
	/** Returns the types of the events in a queue. */
	eventTypesIn(queueUrl: string): string[];
	/** Returns a queue's URL by its logical id without the hash. */
	queue(name: string): string;
	/** Deletes unfinished work: every message, and the items and requests that a later sweep would restart. */
	purge(): Promise<void>;
	/** Makes the objects below a prefix two hours older. */
	age(prefix: string): void;
	stop(): Promise<void>;
}

/** Of the secret by which Stripe signs. */
export const stripeSecretName = "collections/local/stripe";

export const loggingFunctions = {
	api: "ApiFunctionName",
	stream: "StreamFunctionName",
	imageProcessor: "ImageProcessorFunctionName",
	analyzer: "AnalyzerFunctionName",
	embedder: "EmbedderFunctionName",
	jobs: "JobsFunctionName",
	webhooks: "WebhooksFunctionName",
	cleanup: "CleanupFunctionName",
	migrate: "MigrationFunctionName",
	preSignUp: "PreSignUpFunctionName",
} as const;
export type LoggingFunction = keyof typeof loggingFunctions;

export async function startGrantsCloud(): Promise<GrantsCloud> {
	const directory = await mkdtemp(path.join(tmpdir(), "collections-grants-"));
	const requestedPaths: string[] = [];
	const providers = await startProviderStub(requestedPaths);
	const assembly = path.join(directory, "cdk.out");
	await writeAssembly(
		assembly,
		{
			// These keys select the embedding and chat providers; a request may name the others.
			keys: ["voyage", "anthropic"],
			visionProvider: "offline",
			providerUrls: Object.fromEntries(keyedProviders.map((name) => [name, `${providers.url}/${name}`])),
		},
		{
			signUpDomains: ["example.com"],
			stripe: { secretName: stripeSecretName, tiers: { price_pro: "pro" } },
		},
	);
	await describeInstantly(assembly);
	await disableSchedulesAndRetries(assembly);
	const stateDir = path.join(directory, "state");
	const outputsFile = path.join(directory, "outputs.json");
	await copyDatabase(inject("migratedDatabase"), stateDir);
	const cloud = await cdkLocal({
		assembly,
		stateDir,
		outputsFile,
		port: 0,
		parameters: Object.fromEntries(keyedProviders.map((name) => [keyParameter("local", name), `${name}-of-the-test`])),
	});
	const outputs = await readOutputsFile(outputsFile, "start the local cloud");
	const { operator } = cloud;
	const client = {
		region: outputs.Region,
		endpoint: cloud.endpoint,
		credentials: operator,
	};
	const sqs = new SQSClient(client);
	const lambda = new LambdaClient(client);
	const logs = new CloudWatchLogsClient(client);
	const cloudFormation = new CloudFormationClient(client);
	const resources = await Promise.all(
		["DB", "Compute"].map(async (part) => {
			const StackName = `Collections${part}-local`;
			const { StackResourceSummaries = [] } = await cloudFormation.send(new ListStackResourcesCommand({ StackName }));
			return StackResourceSummaries;
		}),
	);
	const queues = Object.fromEntries(
		resources
			.flat()
			.filter(({ ResourceType }) => ResourceType === "AWS::SQS::Queue")
			.map(({ LogicalResourceId = "", PhysicalResourceId = "" }) => [
				LogicalResourceId.replace(/[0-9A-F]{8}$/, ""),
				PhysicalResourceId,
			]),
	);
	const queue = (name: string) => {
		const url = queues[name];
		if (!url) throw new Error(`There is no queue ${name}.`);
		return url;
	};
	await invoke(outputs, operator, outputs.MigrationFunctionName);
	const password = "correct-Horse-9";
	const cognito = new CognitoIdentityProviderClient({ ...client, maxAttempts: 1 });
	const newUser = async (...groups: string[]) => {
		const email = `${randomUUID()}@example.com`;
		await ensureUser(outputs, operator, email, password);
		for (const GroupName of groups) {
			await cognito.send(
				new AdminAddUserToGroupCommand({ UserPoolId: outputs.UserPoolId, Username: email, GroupName }),
			);
		}
		return new CollectionsClient({
			apiUrl: outputs.ApiUrl,
			streamUrl: String(outputs.StreamUrl),
			session: await signIn(outputs, email, password),
			retryUnavailable: false,
		});
	};
	const query = (sql: string, ...values: string[]) => {
		const db = new DatabaseSync(path.join(stateDir, "state.db"));
		try {
			return db.prepare(sql).all(...values);
		} finally {
			db.close();
		}
	};
	const control = new Control(outputs, operator);
	const withheld = new Map<Grant, Set<symbol>>();
	const system: GrantsCloud = {
		until: (signal) => ({
			...system,
			signal,
			user: new CollectionsClient({
				apiUrl: system.user.apiUrl,
				streamUrl: String(outputs.StreamUrl),
				session: system.user.session,
				retryUnavailable: false,
				signal,
			}),
		}),
		withhold(grants) {
			const reason = Symbol();
			for (const grant of grants) {
				const reasons = withheld.get(grant) ?? new Set();
				withheld.set(grant, reasons.add(reason));
				grant.withheld = true;
			}
			return () => {
				for (const grant of grants) {
					const reasons = withheld.get(grant);
					reasons?.delete(reason);
					grant.withheld = (reasons?.size ?? 0) > 0;
				}
			};
		},
		cloud,
		outputs,
		control,
		user: await newUser(),
		newUser,
		signUp: (Username) =>
			cognito.send(new SignUpCommand({ ClientId: String(outputs.WebClientId), Username, Password: password })),
		events: new EventBridgeClient(client),
		s3: new S3Client({ ...client, forcePathStyle: true }),
		dynamodb: new DynamoDBClient(client),
		secrets: new SecretsManagerClient(client),
		requestedPaths,
		async cold(...functions) {
			for (const name of functions) await control.replaceSandbox(name);
		},
		invoke: (name, event) => invoke(outputs, operator, name, event),
		invokeLater: (FunctionName) => lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event" })),
		runSchedules: (name) =>
			fetch(`${cloud.endpoint}/_local/schedules/${name}/run`, {
				method: "POST",
			}),
		returnsIn: (queueUrl) =>
			query(
				"select visible_at from messages where queue like ? and receive_count > 0",
				`%:${queueUrl.split("/").at(-1)}`,
			).map(({ visible_at }) => (Number(visible_at) - Date.now()) / 1_000),
		async logged(name, word) {
			const FunctionName = String(outputs[loggingFunctions[name]]);
			const { LoggingConfig } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
			const { events = [] } = await logs.send(
				new FilterLogEventsCommand({
					logGroupName: LoggingConfig?.LogGroup,
					filterPattern: `"${word}"`,
				}),
			);
			return events.map(({ message = "" }) => message);
		},
		async depth(QueueUrl) {
			const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
			return Object.entries(Attributes)
				.filter(([name]) => name.startsWith("ApproximateNumberOfMessages"))
				.reduce((sum, [, count]) => sum + Number(count), 0);
		},
		eventTypesIn: (queueUrl) =>
			query("select body from messages where queue like ?", `%:${queueUrl.split("/").at(-1)}`).map(
				({ body }) => JSON.parse(String(body))["detail-type"],
			),
		queue,
		async purge() {
			for (const QueueUrl of Object.values(queues)) {
				await sqs.send(new PurgeQueueCommand({ QueueUrl }));
			}
			await control.sql("delete from items where status not in ('ready', 'failed')");
			await control.sql("delete from requests where status = 'pending'");
			await control.sql("delete from outbox");
			await control.sql("delete from jobs");
			await control.sql("delete from webhook_deliveries");
		},
		age(prefix) {
			query("update objects set modified_at = modified_at - 7200000 where key like ?", `${prefix}%`);
		},
		async stop() {
			await cloud.stop();
			providers.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
	return system;
}

/** Disables the schedules, so that only a scenario runs them, and the retries of failed events. */
const disableSchedulesAndRetries = (assembly: string) =>
	changeTemplates(assembly, (text) => {
		const template = JSON.parse(text);
		for (const [id, { Type, Properties }] of Object.entries<{
			Type: string;
			Properties: Record<string, unknown>;
		}>(template.Resources)) {
			if (Type === "AWS::Events::Rule" && Properties.ScheduleExpression) {
				Properties.State = "DISABLED";
			}
			if (Type === "AWS::Lambda::Function" && Properties.DeadLetterConfig) {
				template.Resources.NoRetries = {
					Type: "AWS::Lambda::EventInvokeConfig",
					Properties: {
						FunctionName: { Ref: id },
						Qualifier: "$LATEST",
						MaximumRetryAttempts: 0,
					},
				};
			}
		}
		return JSON.stringify(template);
	});
