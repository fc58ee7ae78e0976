import { Duration } from "aws-cdk-lib";
import { Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { type Capability, keyParameter } from "#ai/providers.ts";
import { eventSources } from "#core/pipeline/events.ts";
import { analyzerEnv } from "#lambdas/analyzer/env.ts";
import { apiEnv } from "#lambdas/api/env.ts";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import { embedderEnv } from "#lambdas/embedder/env.ts";
import { allocator, imageProcessorEnv } from "#lambdas/image-processor/env.ts";
import { EnvironmentStack } from "../constructs/environment-stack.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import {
	deadLetterQueue,
	PipelineStage,
} from "../constructs/pipeline-stage.ts";
import type { Environment } from "../environments.ts";
import { keysNeeded, providerVariables } from "../providers.ts";
import type { DatabaseStack } from "./database-stack.ts";
import type { StorageStack } from "./storage-stack.ts";

export interface ComputeStackProps {
	environment: Environment;
	database: DatabaseStack;
	storage: StorageStack;
	/** The folder of each function. */
	bundles: Record<
		"api" | "image-processor" | "analyzer" | "embedder" | "cleanup",
		string
	>;
	/** What `/version` answers. */
	version: string;
	gitSha: string;
}

/** Objects go version by version: deleting without one only hides them. */
const s3DeleteActions = ["s3:DeleteObjectVersion"];
const listing = ["s3:ListBucket", "s3:ListBucketVersions"];

const dynamoDbActions = [
	"dynamodb:GetItem",
	"dynamodb:PutItem",
	"dynamodb:UpdateItem",
	"dynamodb:DeleteItem",
	"dynamodb:Query",
	"dynamodb:BatchGetItem",
	"dynamodb:BatchWriteItem",
];

/** The five functions and what starts them. */
export class ComputeStack extends EnvironmentStack {
	readonly api: NodeFunction<typeof apiEnv>;
	readonly imageProcessor: PipelineStage<typeof imageProcessorEnv>;
	readonly analyzer: PipelineStage<typeof analyzerEnv>;
	readonly embedder: PipelineStage<typeof embedderEnv>;
	readonly cleanup: NodeFunction<typeof cleanupEnv>;
	/** By what lands in them. */
	readonly deadLetters: Record<string, Queue>;

	constructor(scope: Construct, props: ComputeStackProps) {
		super(scope, "Compute", props.environment);
		const { environment, database, storage, bundles } = props;
		const { bucket, bus } = storage;
		const originals = "originals/";
		const derived = "derived/";
		const checkpoints = "checkpoints/";
		const sessionIndex = `${database.checkpoints.tableArn}/index/gsi1`;
		const login = [database.applicationSecret.secretArn];
		const shared = {
			...database.variables,
			ENVIRONMENT: environment.name,
		};
		const keys = (...capabilities: Capability[]) =>
			keysNeeded(environment, ...capabilities).map((provider) =>
				this.formatArn({
					service: "ssm",
					resource: "parameter",
					resourceName: keyParameter(environment.name, provider).slice(1),
				}),
			);
		const functionDefaults = { environment, network: database.functionNetwork };

		this.api = new NodeFunction(this, "Api", "api", {
			...functionDefaults,
			bundle: bundles.api,
			contract: apiEnv,
			variables: {
				...shared,
				VERSION: props.version,
				GIT_SHA: props.gitSha,
				BUCKET_NAME: bucket.bucketName,
				EVENT_BUS_NAME: bus.eventBusName,
				CHECKPOINT_TABLE_NAME: database.checkpoints.tableName,
				TOKEN_ISSUER: storage.tokenIssuer,
				JWKS_URL: storage.jwksUrl,
				USER_POOL_CLIENT_ID: storage.userPoolClient.userPoolClientId,
				...providerVariables(environment, "embedding"),
				...providerVariables(environment, "chat"),
				...providerVariables(environment, "webSearch"),
				...providerVariables(environment, "tracing"),
				TRACE_INPUTS: environment.traces.inputs,
				TRACE_OUTPUTS: environment.traces.outputs,
			},
		})
			.allow(["secretsmanager:GetSecretValue"], login) // logs in to Postgres
			.allow(
				["ssm:GetParameter"],
				keys("embedding", "chat", "webSearch", "tracing"),
			) // embeds queries, answers questions, searches the web, traces turns; the key of aws/ssm decrypts for whoever may read
			.allowObjects(["s3:PutObject"], bucket, [originals]) // stores uploads, signs forms that do
			.allowObjects(["s3:GetObject"], bucket, [originals, derived]) // signs URLs that read
			.allowObjects(s3DeleteActions, bucket, [originals, derived]) // deletes items
			.allow(listing, [bucket.bucketArn]) // finds every version of them
			.allow(["events:PutEvents"], [bus.eventBusArn]) // asks stages to do work again
			.allow(dynamoDbActions, [database.checkpoints.tableArn]) // keeps conversations
			.allow(["dynamodb:Query"], [sessionIndex]) // lists a person's sessions
			.allowObjects(
				["s3:GetObject", "s3:PutObject", ...s3DeleteActions],
				bucket,
				[checkpoints],
			); // what of a conversation no item can hold
		if (environment.chatProvider === "bedrock") {
			this.api.allowBedrock(environment.chatModels.bedrock); // answers questions
		}

		this.imageProcessor = new PipelineStage(
			this,
			"ImageProcessor",
			"imageProcessor",
			{
				environment,
				// A decode may take most of an invocation: with a second one behind it both would come again.
				batchSize: 1,
				triggers: {
					// The default bus carries every bucket of the account; derived objects must never start the pipeline.
					Uploaded: {
						pattern: {
							source: ["aws.s3"],
							detailType: ["Object Created"],
							detail: {
								bucket: { name: [bucket.bucketName] },
								object: { key: [{ prefix: originals }] },
							},
						},
					},
					Retried: {
						bus,
						pattern: {
							source: [eventSources.cleanup],
							detailType: ["OriginalStored"],
						},
					},
					ResizeRequested: {
						bus,
						pattern: {
							source: [eventSources.api, eventSources.cleanup],
							detailType: ["ResizeRequested"],
						},
					},
				},
				worker: (stage, queueUrl) =>
					new NodeFunction(stage, "Worker", "imageProcessor", {
						...functionDefaults,
						behindQueue: true,
						bundle: bundles["image-processor"],
						contract: imageProcessorEnv,
						variables: {
							...shared,
							...allocator,
							BUCKET_NAME: bucket.bucketName,
							EVENT_BUS_NAME: bus.eventBusName,
							QUEUE_URL: queueUrl,
						},
					})
						.allow(["secretsmanager:GetSecretValue"], login) // logs in to Postgres
						.allowObjects(["s3:GetObject", "s3:GetObjectVersion"], bucket, [
							originals,
						]) // reads what was uploaded, and what came after it under the same key
						.allowObjects(["s3:PutObject"], bucket, [derived]) // stores thumbnail and vision image
						.allowObjects(s3DeleteActions, bucket, [originals, derived]) // removes duplicates, and what was stored for an item deleted meanwhile
						.allow(listing, [bucket.bucketArn]) // finds their versions; without it a missing object is a 403
						.allow(["events:PutEvents"], [bus.eventBusArn]), // announces ImageProcessed
			},
		);

		this.analyzer = new PipelineStage(this, "Analyzer", "analyzer", {
			environment,
			// A description takes seconds to minutes: one slow image must not hold back another.
			batchSize: 1,
			triggers: {
				ImageProcessed: {
					bus,
					pattern: {
						source: [eventSources.imageProcessor, eventSources.cleanup],
						detailType: ["ImageProcessed"],
					},
				},
				AnalysisRequested: {
					bus,
					pattern: {
						source: [eventSources.api, eventSources.cleanup],
						detailType: ["AnalysisRequested"],
					},
				},
			},
			worker: (stage, queueUrl) =>
				new NodeFunction(stage, "Worker", "analyzer", {
					...functionDefaults,
					behindQueue: true,
					bundle: bundles.analyzer,
					contract: analyzerEnv,
					variables: {
						...shared,
						BUCKET_NAME: bucket.bucketName,
						EVENT_BUS_NAME: bus.eventBusName,
						QUEUE_URL: queueUrl,
						...(environment.replayFolder && {
							REPLAY_FOLDER: environment.replayFolder,
						}),
						...providerVariables(environment, "vision"),
					},
				})
					.allow(["secretsmanager:GetSecretValue"], login) // logs in to Postgres
					.allow(["ssm:GetParameter"], keys("vision")) // has images described
					.allowObjects(["s3:GetObject"], bucket, [derived]) // reads the vision image
					.allow(["s3:ListBucket"], [bucket.bucketArn]) // without it a missing object is a 403
					.allow(["events:PutEvents"], [bus.eventBusArn]), // announces AnalysisComplete
		});

		this.embedder = new PipelineStage(this, "Embedder", "embedder", {
			environment,
			batchSize: 5,
			triggers: {
				AnalysisComplete: {
					bus,
					pattern: {
						source: [eventSources.analyzer, eventSources.cleanup],
						detailType: ["AnalysisComplete"],
					},
				},
				EmbeddingRequested: {
					bus,
					pattern: {
						source: [eventSources.api, eventSources.cleanup],
						detailType: ["EmbeddingRequested"],
					},
				},
			},
			worker: (stage, queueUrl) =>
				new NodeFunction(stage, "Worker", "embedder", {
					...functionDefaults,
					behindQueue: true,
					bundle: bundles.embedder,
					contract: embedderEnv,
					variables: {
						...shared,
						EVENT_BUS_NAME: bus.eventBusName,
						QUEUE_URL: queueUrl,
						...providerVariables(environment, "embedding"),
					},
				})
					.allow(["secretsmanager:GetSecretValue"], login) // logs in to Postgres
					.allow(["ssm:GetParameter"], keys("embedding")) // embeds descriptions
					.allow(["events:PutEvents"], [bus.eventBusArn]), // announces ItemReady, and what is next of a rebuild
		});

		const failedCleanups = deadLetterQueue(this, "FailedCleanups");
		this.cleanup = new NodeFunction(this, "Cleanup", "cleanup", {
			...functionDefaults,
			bundle: bundles.cleanup,
			contract: cleanupEnv,
			variables: {
				...shared,
				BUCKET_NAME: bucket.bucketName,
				EVENT_BUS_NAME: bus.eventBusName,
				CHECKPOINT_TABLE_NAME: database.checkpoints.tableName,
			},
			deadLetters: failedCleanups,
		})
			.allow(["secretsmanager:GetSecretValue"], login) // logs in to Postgres
			.allow(listing, [bucket.bucketArn]) // finds orphans, and is told of a missing object rather than refused
			.allowObjects(["s3:GetObject"], bucket, [originals]) // learns whether an upload arrived: HeadObject takes it
			.allowObjects(s3DeleteActions, bucket, [originals, derived, checkpoints]) // sweeps orphans
			.allow(["dynamodb:Scan"], [sessionIndex]) // counts sessions; the index has nothing else
			.allow(["dynamodb:BatchGetItem"], [database.checkpoints.tableArn]) // learns which payloads are referred to
			.allow(["events:PutEvents"], [bus.eventBusArn]) // sends again what got lost
			.allow(["sqs:SendMessage"], [failedCleanups.queueArn]); // Lambda puts failed runs there with this role
		new Rule(this, "CleanupSchedule", {
			schedule: Schedule.rate(Duration.minutes(5)),
			targets: [
				new LambdaFunction(this.cleanup.function, {
					deadLetterQueue: failedCleanups,
					retryAttempts: 2,
				}),
			],
		});

		new Rule(this, "SessionSchedule", {
			schedule: Schedule.rate(Duration.hours(1)),
			targets: [
				new LambdaFunction(this.cleanup.function, {
					event: RuleTargetInput.fromObject(hourly),
					deadLetterQueue: failedCleanups,
					retryAttempts: 2,
				}),
			],
		});

		const stages = {
			ImageProcessor: this.imageProcessor,
			Analyzer: this.analyzer,
			Embedder: this.embedder,
		};
		this.deadLetters = { Cleanup: failedCleanups };
		for (const [name, stage] of Object.entries(stages)) {
			this.deadLetters[name] = stage.deadLetters;
			this.deadLetters[`${name}Rule`] = stage.undelivered;
			this.output(`${name}FunctionName`, stage.worker.function.functionName);
		}
		this.output("ApiFunctionName", this.api.function.functionName);
		this.output("CleanupFunctionName", this.cleanup.function.functionName);
		this.output(
			"DeadLetterQueueUrls",
			Object.values(this.deadLetters)
				.map((queue) => queue.queueUrl)
				.join(","),
		);
	}
}
