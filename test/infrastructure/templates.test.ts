import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { decodeSeconds } from "#images/sharp-images.ts";
import type { EnvContract } from "#lambda-kit/env.ts";
import { analyzerEnv } from "#lambdas/analyzer/env.ts";
import { apiEnv } from "#lambdas/api/env.ts";
import { cleanupEnv } from "#lambdas/cleanup/env.ts";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import { embedderEnv } from "#lambdas/embedder/env.ts";
import { allocator, imageProcessorEnv } from "#lambdas/image-processor/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import { environmentNames, readEnvironment } from "#lib/environments.ts";
import cdk from "../../cdk.json" with { type: "json" };
import project from "../../package.json" with { type: "json" };
import {
	ofType,
	only,
	type Part,
	parts,
	pointsAt,
	synthesize,
	type Template,
} from "./synthesized.ts";

const gitSha = execFileSync("git", ["rev-parse", "--short=12", "HEAD"], {
	encoding: "utf8",
}).trim();

const publicRoutes = [
	"GET /docs",
	"GET /docs/{asset}",
	"GET /health",
	"GET /openapi.json",
	"GET /version",
];
const guardedRoutes = [
	"DELETE /chat/sessions/{session_id}",
	"DELETE /chat/{session_id}",
	"DELETE /items/{id}",
	"GET /analyses/{id}",
	"GET /chat/sessions",
	"GET /chat/{session_id}/history",
	"GET /images/{filename}",
	"GET /items",
	"GET /items/{id}",
	"GET /items/{id}/analyses",
	"GET /items/{id}/requests/{request_id}",
	"GET /search/config",
	"GET /vector-index/status",
	"POST /chat",
	"POST /items",
	"POST /items/{id}/analyze",
	"POST /items/{id}/resize-only",
	"POST /items/{id}/similar",
	"POST /search",
	"POST /uploads",
	"POST /vector-index/rebuild",
];

const triggers = {
	ImageProcessorUploaded: {
		from: "default bus",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["aws.s3"],
			"detail-type": ["Object Created"],
			detail: {
				bucket: { name: [expect.anything()] },
				object: { key: [{ prefix: "originals/" }] },
			},
		},
	},
	ImageProcessorRetried: {
		from: "Events",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["collections.cleanup"],
			"detail-type": ["OriginalStored"],
		},
	},
	ImageProcessorResizeRequested: {
		from: "Events",
		to: "ImageProcessorQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["ResizeRequested"],
		},
	},
	AnalyzerAnalysisRequested: {
		from: "Events",
		to: "AnalyzerQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["AnalysisRequested"],
		},
	},
	AnalyzerImageProcessed: {
		from: "Events",
		to: "AnalyzerQueue",
		pattern: {
			source: ["collections.imageprocessor", "collections.cleanup"],
			"detail-type": ["ImageProcessed"],
		},
	},
	EmbedderAnalysisComplete: {
		from: "Events",
		to: "EmbedderQueue",
		pattern: {
			source: ["collections.analyzer", "collections.cleanup"],
			"detail-type": ["AnalysisComplete"],
		},
	},
	EmbedderEmbeddingRequested: {
		from: "Events",
		to: "EmbedderQueue",
		pattern: {
			source: ["collections.api", "collections.cleanup"],
			"detail-type": ["EmbeddingRequested"],
		},
	},
};

const contracts: Record<string, EnvContract> = {
	ApiFunction: apiEnv,
	ImageProcessorWorkerFunction: imageProcessorEnv,
	AnalyzerWorkerFunction: analyzerEnv,
	EmbedderWorkerFunction: embedderEnv,
	CleanupFunction: cleanupEnv,
	MigrateFunction: migrateEnv,
};

const outputs = [
	"AnalyzerFunctionName",
	"ApiFunctionName",
	"ApiUrl",
	"BucketName",
	"CheckpointTableName",
	"CleanupFunctionName",
	"CognitoEndpoint",
	"DashboardName",
	"DatabaseEndpoint",
	"DatabaseName",
	"DatabaseSecretArn",
	"DeadLetterQueueUrls",
	"EmbedderFunctionName",
	"Environment",
	"EventBusName",
	"ImageProcessorFunctionName",
	"JwksUrl",
	"MigrationFunctionName",
	"Region",
	"TokenIssuer",
	"UserPoolClientId",
	"UserPoolId",
];

/** All claims are in this file so that each environment is synthesized once, which takes about a second. */
const synthesized = Object.fromEntries(
	environmentNames.map((name) => [name, synthesize(name)]),
) as Record<(typeof environmentNames)[number], Record<Part, Template>>;

describe.each(environmentNames)("the templates of %s", (name) => {
	const environment = readEnvironment(cdk.context.environments, name);
	const templates = synthesized[name];
	const { DB, Storage, Compute, API, Monitoring } = templates;
	const at = (value: unknown) => pointsAt(templates, value);
	const functions = {
		...ofType(DB, "AWS::Lambda::Function"),
		...ofType(Compute, "AWS::Lambda::Function"),
	};

	test("ask for a token on every route that is not public, and on no other", () => {
		const routes = Object.values(ofType(API, "AWS::ApiGatewayV2::Route"));
		const keys = (authorization: string) =>
			routes
				.filter(
					({ Properties }) => Properties.AuthorizationType === authorization,
				)
				.map(({ Properties }) => Properties.RouteKey)
				.sort();
		expect(keys("NONE")).toEqual(["$default", ...publicRoutes]);
		expect(keys("JWT")).toEqual(guardedRoutes);
		const authorizer = only(API, "AWS::ApiGatewayV2::Authorizer");
		expect(authorizer.JwtConfiguration.Audience.map(at)).toEqual([
			"PeopleClient",
		]);
		expect(at(authorizer.JwtConfiguration.Issuer)).toBe("People.ProviderURL");
	});

	test("send every route to the api function", () => {
		const integration = only(API, "AWS::ApiGatewayV2::Integration");
		expect(at(integration.IntegrationUri)).toBe("ApiFunction");
		expect(integration.PayloadFormatVersion).toBe("2.0");
	});

	test("let web pages of the configured origins call the API and post to the bucket", () => {
		const cors = only(API, "AWS::ApiGatewayV2::Api").CorsConfiguration;
		expect(cors.AllowOrigins).toEqual(environment.corsOrigins);
		expect(cors.AllowHeaders).toContain("authorization");
		expect(cors.AllowMethods.toSorted()).toEqual(["DELETE", "GET", "POST"]);
		expect(cors.ExposeHeaders.toSorted()).toEqual(["location", "retry-after"]);
		const [rule, ...others] = only(Storage, "AWS::S3::Bucket").CorsConfiguration
			.CorsRules;
		expect(others).toEqual([]);
		expect(rule.AllowedOrigins).toEqual(environment.corsOrigins);
		expect(rule.AllowedMethods).toEqual(["POST"]);
	});

	test("throttle the API and keep its access log for a bounded time", () => {
		const stage = only(API, "AWS::ApiGatewayV2::Stage");
		expect(stage.DefaultRouteSettings.ThrottlingRateLimit).toBeGreaterThan(0);
		expect(at(stage.AccessLogSettings.DestinationArn)).toBe("AccessLog");
		for (const part of parts) {
			for (const log of Object.values(
				ofType(templates[part], "AWS::Logs::LogGroup"),
			)) {
				expect(log.Properties.RetentionInDays).toBe(
					environment.logRetentionDays,
				);
			}
		}
	});

	test("start each stage by exactly its events", () => {
		const rules = Object.entries(ofType(Compute, "AWS::Events::Rule")).filter(
			([, { Properties }]) => Properties.EventPattern,
		);
		const found = rules.map(([rule, { Properties }]) => [
			rule,
			{
				from: Properties.EventBusName
					? at(Properties.EventBusName)
					: "default bus",
				to: Properties.Targets.map(({ Arn }: { Arn: unknown }) =>
					at(Arn),
				).join(),
				pattern: Properties.EventPattern,
			},
		]);
		expect(Object.fromEntries(found)).toEqual(triggers);
		const uploaded = Object.fromEntries(rules).ImageProcessorUploaded;
		expect(at(uploaded?.Properties.EventPattern.detail.bucket.name[0])).toBe(
			"Images",
		);
		expect(
			only(Storage, "AWS::S3::Bucket").NotificationConfiguration
				.EventBridgeConfiguration,
		).toEqual({ EventBridgeEnabled: true });
	});

	test("run the sweeper every five minutes", () => {
		const schedule = ofType(Compute, "AWS::Events::Rule").CleanupSchedule
			?.Properties;
		expect(schedule.ScheduleExpression).toBe("rate(5 minutes)");
		expect(at(schedule.Targets[0].Arn)).toBe("CleanupFunction");
	});

	test("count sessions once an hour", () => {
		const schedule = ofType(Compute, "AWS::Events::Rule").SessionSchedule
			?.Properties;
		expect(schedule.ScheduleExpression).toBe("rate(1 hour)");
		expect(at(schedule.Targets[0].Arn)).toBe("CleanupFunction");
		expect(JSON.parse(schedule.Targets[0].Input)).toEqual(hourly);
	});

	test("give each function the variables of its contract and no other", () => {
		const found = Object.entries(functions).map(([fn, { Properties }]) => [
			fn,
			Object.keys(Properties.Environment.Variables).sort(),
		]);
		const wanted = Object.entries(contracts).map(([fn, contract]) => [
			fn,
			[...contract].sort(),
		]);
		expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
	});

	test("leave AWS's own variables to AWS", () => {
		for (const { Properties } of Object.values(functions)) {
			for (const variable of Object.keys(Properties.Environment.Variables)) {
				expect(variable).not.toMatch(/^(AWS_|_|LAMBDA_)/);
			}
		}
	});

	test("tell each function where its own things are", () => {
		const { models, chatModels } = environment;
		const key = (provider: string) =>
			`/collections/${name}/${provider}-api-key`;
		const values: Record<string, string> = {
			ENVIRONMENT: name,
			VERSION: project.version,
			GIT_SHA: gitSha,
			DATABASE_HOST: "Database.Endpoint.Address",
			DATABASE_PORT: "Database.Endpoint.Port",
			DATABASE_NAME: "collections",
			DATABASE_TLS: environment.database.tls,
			DATABASE_SECRET_ARN: "ApplicationSecret",
			APPLICATION_SECRET_ARN: "ApplicationSecret",
			MIGRATION_SECRET_ARN: "MigrationSecret",
			MASTER_SECRET_ARN: "Database.MasterUserSecret.SecretArn",
			BUCKET_NAME: "Images",
			EVENT_BUS_NAME: "Events",
			CHECKPOINT_TABLE_NAME: "Checkpoints",
			TAVILY_KEY_PARAMETER: key("tavily"),
			LANGSMITH_KEY_PARAMETER: key("langsmith"),
			TRACE_INPUTS: "hidden",
			TRACE_OUTPUTS: "hidden",
			TOKEN_ISSUER: "People.ProviderURL",
			JWKS_URL: "People.ProviderURL/.well-known/jwks.json",
			USER_POOL_CLIENT_ID: "PeopleClient",
			...allocator,
			VISION_PROVIDER: environment.visionProvider,
			EMBEDDING_PROVIDER: environment.embeddingProvider,
			ANTHROPIC_MODEL: models.anthropic,
			OPENAI_MODEL: models.openai,
			VOYAGE_MODEL: models.voyage,
			CHAT_PROVIDER: environment.chatProvider,
			ANTHROPIC_CHAT_MODEL: chatModels.anthropic,
			OPENAI_CHAT_MODEL: chatModels.openai,
			BEDROCK_CHAT_MODEL: chatModels.bedrock,
			ANTHROPIC_KEY_PARAMETER: key("anthropic"),
			OPENAI_KEY_PARAMETER: key("openai"),
			VOYAGE_KEY_PARAMETER: key("voyage"),
		};
		for (const [fn, { Properties }] of Object.entries(functions)) {
			const { QUEUE_URL, ...variables } = Properties.Environment.Variables;
			if (QUEUE_URL) {
				expect(at(QUEUE_URL)).toBe(fn.replace("WorkerFunction", "Queue"));
			}
			for (const [variable, value] of Object.entries(variables)) {
				expect(at(value), `${fn} ${variable}`).toBe(values[variable]);
			}
		}
	});

	test("size each function as the table says", () => {
		const sizes = Object.entries(functions).map(([fn, { Properties }]) => [
			fn.replace(/(Worker)?Function$/, "").toLowerCase(),
			[
				Properties.MemorySize,
				Properties.Timeout,
				Properties.Runtime,
				Properties.Handler,
			],
		]);
		const wanted = Object.entries(environment.functions).map(
			([fn, { memory, timeout }]) => [
				fn.toLowerCase(),
				[memory, timeout, "nodejs24.x", "handler.handler"],
			],
		);
		expect(Object.fromEntries(sizes)).toEqual(Object.fromEntries(wanted));
	});

	test("carry no secret", () => {
		const text = JSON.stringify(templates);
		expect(text).not.toContain("{{resolve:");
		expect(text).not.toMatch(
			/"(MasterUserPassword|SecretString|ClientSecret)"/,
		);
		expect(only(DB, "AWS::RDS::DBInstance").ManageMasterUserPassword).toBe(
			true,
		);
		const secrets = ofType(DB, "AWS::SecretsManager::Secret");
		expect(Object.keys(secrets).sort()).toEqual([
			"ApplicationSecret",
			"MigrationSecret",
		]);
		for (const { Properties } of Object.values(secrets)) {
			const { SecretStringTemplate, GenerateStringKey } =
				Properties.GenerateSecretString;
			expect(GenerateStringKey).toBe("password");
			expect(Object.keys(JSON.parse(SecretStringTemplate))).toEqual([
				"username",
			]);
		}
	});

	test("keep what fails on every asynchronous path", () => {
		for (const { Properties } of Object.values(
			ofType(Compute, "AWS::Events::Rule"),
		)) {
			for (const target of Properties.Targets) {
				expect(at(target.DeadLetterConfig.Arn)).toMatch(
					/Undelivered$|^FailedCleanups$/,
				);
			}
		}
		expect(
			at(functions.CleanupFunction?.Properties.DeadLetterConfig.TargetArn),
		).toBe("FailedCleanups");
		const queues = ofType(Compute, "AWS::SQS::Queue");
		const mappings = ofType(Compute, "AWS::Lambda::EventSourceMapping");
		for (const [stage, size] of [
			["ImageProcessor", environment.functions.imageProcessor],
			["Analyzer", environment.functions.analyzer],
			["Embedder", environment.functions.embedder],
		] as const) {
			const queue = queues[`${stage}Queue`]?.Properties;
			expect(at(queue.RedrivePolicy.deadLetterTargetArn)).toBe(
				`${stage}DeadLetters`,
			);
			expect(queue.RedrivePolicy.maxReceiveCount).toBe(5);
			expect(queue.VisibilityTimeout).toBe(6 * size.timeout);
			const mapping = mappings[`${stage}Mapping`]?.Properties;
			expect(at(mapping.EventSourceArn)).toBe(`${stage}Queue`);
			expect(at(mapping.FunctionName)).toBe(`${stage}WorkerFunction`);
			expect(mapping.FunctionResponseTypes).toEqual([
				"ReportBatchItemFailures",
			]);
			expect(mapping.ScalingConfig.MaximumConcurrency).toBe(size.concurrency);
		}
		expect(mappings.AnalyzerMapping?.Properties.BatchSize).toBe(1);
		const most = mappings.ImageProcessorMapping?.Properties.BatchSize;
		const { timeout } = environment.functions.imageProcessor;
		expect(
			most * decodeSeconds + 4, // seconds to read the original and to write what was made
			"The slowest images of one batch end after their invocation and come again",
		).toBeLessThanOrEqual(timeout);
		expect(Object.keys(mappings)).toHaveLength(3);
	});

	test("alarm a person about every dead letter and every failing function", () => {
		const alarms = Object.values(
			ofType(Monitoring, "AWS::CloudWatch::Alarm"),
		).filter(({ Properties }) =>
			/^(Errors|ApproximateNumberOfMessagesVisible)$/.test(
				Properties.MetricName,
			),
		);
		const watched = alarms.map(({ Properties }) => {
			expect(Properties.AlarmActions.map(at)).toEqual(["Alarms"]);
			expect(Properties.Threshold).toBe(1);
			return `${Properties.MetricName} of ${at(Properties.Dimensions[0].Value)}`;
		});
		const deadLetters = Object.keys(ofType(Compute, "AWS::SQS::Queue")).filter(
			(queue) => !queue.endsWith("Queue"),
		);
		expect(deadLetters).toHaveLength(7);
		expect(watched.sort()).toEqual(
			[
				...deadLetters.map(
					(queue) => `ApproximateNumberOfMessagesVisible of ${queue}.QueueName`,
				),
				...Object.keys(contracts).map((fn) => `Errors of ${fn}`),
			].sort(),
		);
		expect(only(Monitoring, "AWS::SNS::Subscription").Endpoint).toBe(
			environment.alarmEmail,
		);
		const policy = JSON.stringify(only(Monitoring, "AWS::SNS::TopicPolicy"));
		expect(policy).toContain("cloudwatch.amazonaws.com");
	});

	test("encrypt every queue and take messages over TLS alone", () => {
		const queues = Object.keys(ofType(Compute, "AWS::SQS::Queue"));
		for (const { Properties } of Object.values(
			ofType(Compute, "AWS::SQS::Queue"),
		)) {
			expect(Properties.SqsManagedSseEnabled).toBe(true);
		}
		const guarded = Object.values(ofType(Compute, "AWS::SQS::QueuePolicy"))
			.filter(({ Properties }) =>
				Properties.PolicyDocument.Statement.some(
					({ Effect, Condition }: Record<string, unknown>) =>
						Effect === "Deny" &&
						JSON.stringify(Condition).includes('"aws:SecureTransport":"false"'),
				),
			)
			.flatMap(({ Properties }) => Properties.Queues.map(at));
		expect(guarded.sort()).toEqual(queues.sort());
	});

	test("open Postgres to the internet only where that is acknowledged", () => {
		const { SecurityGroupIngress: inline = [] } =
			ofType(DB, "AWS::EC2::SecurityGroup").NetworkDatabase?.Properties ?? {};
		const instance = only(DB, "AWS::RDS::DBInstance");
		if (environment.network.mode === "public") {
			expect(environment.network.acknowledgePublicDatabase).toBe(true);
			expect(inline).toMatchObject([
				{ CidrIp: "0.0.0.0/0", FromPort: 5432, ToPort: 5432 },
			]);
			expect(instance.PubliclyAccessible).toBe(true);
		} else {
			expect(inline).toEqual([]);
			expect(instance.PubliclyAccessible).toBe(false);
			const [rule] = Object.values(
				ofType(DB, "AWS::EC2::SecurityGroupIngress"),
			);
			expect(at(rule?.Properties.SourceSecurityGroupId)).toBe(
				"NetworkFunctions.GroupId",
			);
			for (const { Properties } of Object.values(functions)) {
				expect(Properties.VpcConfig.SecurityGroupIds.map(at)).toEqual([
					"NetworkFunctions.GroupId",
				]);
				for (const subnet of Properties.VpcConfig.SubnetIds.map(at)) {
					expect(subnet).toContain("NetworkVpcFunctionsSubnet");
				}
			}
			const database = only(DB, "AWS::RDS::DBSubnetGroup").SubnetIds.map(at);
			expect(database.join()).toMatch(
				/^(NetworkVpcDatabaseSubnet\dSubnet,?)+$/,
			);
		}
	});

	test("run Postgres 17 that refuses connections without TLS, encrypted, backed up", () => {
		const instance = only(DB, "AWS::RDS::DBInstance");
		expect(instance).toMatchObject({
			Engine: "postgres",
			EngineVersion: "17",
			StorageType: "gp3",
			StorageEncrypted: true,
			DBInstanceClass: environment.database.instanceClass,
			BackupRetentionPeriod: environment.database.backupDays,
			MultiAZ: environment.database.multiAz,
			DeletionProtection: environment.deletionProtection,
		});
		expect(at(instance.DBParameterGroupName)).toBe("DatabaseParameters");
		expect(
			only(DB, "AWS::RDS::DBParameterGroup").Parameters["rds.force_ssl"],
		).toBe("1");
	});

	test("keep what must survive when a stack is deleted", () => {
		const policies = [DB, Storage].flatMap(({ Resources }) =>
			Object.values(Resources)
				.filter(({ Type }) =>
					/DBInstance$|DynamoDB::Table$|S3::Bucket$|UserPool$/.test(Type),
				)
				.map(({ Type, DeletionPolicy }) => [Type, DeletionPolicy]),
		);
		expect(Object.fromEntries(policies)).toEqual({
			"AWS::RDS::DBInstance": "Snapshot",
			"AWS::DynamoDB::Table": "Retain",
			"AWS::S3::Bucket": "Retain",
			"AWS::Cognito::UserPool": "Retain",
		});
	});

	test("keep images private, encrypted and versioned", () => {
		const bucket = only(Storage, "AWS::S3::Bucket");
		expect(bucket.VersioningConfiguration.Status).toBe("Enabled");
		expect(bucket.BucketEncryption).toBeDefined();
		expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([
			true,
			true,
			true,
			true,
		]);
		expect(JSON.stringify(only(Storage, "AWS::S3::BucketPolicy"))).toContain(
			"aws:SecureTransport",
		);
	});

	test("let people sign in by e-mail and password and renew their tokens", () => {
		const pool = only(Storage, "AWS::Cognito::UserPool");
		expect(pool.UsernameAttributes).toEqual(["email"]);
		expect(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(
			!environment.selfSignUp,
		);
		expect(pool.Policies.PasswordPolicy.MinimumLength).toBeGreaterThanOrEqual(
			12,
		);
		expect(pool.DeletionProtection).toBe(
			environment.deletionProtection ? "ACTIVE" : "INACTIVE",
		);
		const client = only(Storage, "AWS::Cognito::UserPoolClient");
		expect([...client.ExplicitAuthFlows].sort()).toEqual([
			"ALLOW_REFRESH_TOKEN_AUTH",
			"ALLOW_USER_PASSWORD_AUTH",
			"ALLOW_USER_SRP_AUTH",
		]);
		expect(client.PreventUserExistenceErrors).toBe("ENABLED");
		expect(client.EnableTokenRevocation).toBe(true);
		expect(client.GenerateSecret).toBe(false);
	});

	test("have the checkpoint table's final keys", () => {
		const table = only(DB, "AWS::DynamoDB::Table");
		expect(table.KeySchema.map(keyName)).toEqual(["pk", "sk"]);
		const [index, ...others] = table.GlobalSecondaryIndexes;
		expect(others).toEqual([]);
		expect([index.IndexName, ...index.KeySchema.map(keyName)]).toEqual([
			"gsi1",
			"gsi1pk",
			"gsi1sk",
		]);
		expect(table.TimeToLiveSpecification).toEqual({
			AttributeName: "expires_at",
			Enabled: true,
		});
		expect(
			table.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
		).toBe(true);
	});

	test("reserve concurrency only where the account's quota has room for it", () => {
		const reserved = Object.entries(functions)
			.filter(([, { Properties }]) => Properties.ReservedConcurrentExecutions)
			.map(([fn]) => fn)
			.sort();
		expect(reserved).toEqual(
			environment.lambdaConcurrencyQuota < 110
				? []
				: ["ApiFunction", "CleanupFunction", "MigrateFunction"],
		);
	});

	test("write each line of the outputs file once", () => {
		const found = parts.flatMap((part) =>
			Object.entries(templates[part].Outputs ?? {})
				.filter(([, { Export }]) => !Export)
				.map(([key]) => key),
		);
		const bastion =
			environment.network.mode === "private" ? ["BastionInstanceId"] : [];
		expect(found.sort()).toEqual([...outputs, ...bastion].sort());
	});

	test("refer to each other in one direction", () => {
		for (const [position, part] of parts.entries()) {
			const imports = JSON.stringify(templates[part]).matchAll(
				/"Fn::ImportValue":"Collections(\w+)-/g,
			);
			for (const [, from] of imports) {
				expect(parts.slice(0, position)).toContain(from);
			}
		}
		expect(JSON.stringify(Storage)).not.toContain("Fn::ImportValue");
	});

	test("tag what they make", () => {
		const tags = functions.ApiFunction?.Properties.Tags;
		expect(tags).toEqual([
			{ Key: "Environment", Value: name },
			{ Key: "ManagedBy", Value: "cdk" },
			{ Key: "Project", Value: "collections" },
		]);
	});
});

test("the templates of local have the resources of dev, under the same logical ids", () => {
	for (const part of parts) {
		const types = ({ Resources }: Template) =>
			Object.fromEntries(
				Object.entries(Resources).map(([id, { Type }]) => [
					withoutName(id),
					Type,
				]),
			);
		expect(types(synthesized.local[part])).toEqual(
			types(synthesized.dev[part]),
		);
	}
});

test("the templates of local differ from dev in values of the table alone", () => {
	const differing = new Set(
		parts.flatMap((part) =>
			differences(
				JSON.parse(
					withoutName(JSON.stringify(synthesized.dev[part].Resources)),
				),
				JSON.parse(
					withoutName(JSON.stringify(synthesized.local[part].Resources)),
				),
			),
		),
	);
	differing.delete("Architectures"); // the host's, which may be that of dev
	expect([...differing].sort()).toEqual([
		"AllowOrigins",
		"AllowedOrigins",
		"DATABASE_TLS",
		"Timeout",
		"VisibilityTimeout",
	]);
});

test("two synths of the same sources are identical", () => {
	expect(synthesize("dev")).toEqual(synthesized.dev);
});

test("a private database is reached by a bastion that lets nothing in, a public one has none", () => {
	const { DB } = synthesized.prod;
	const at = (value: unknown) => pointsAt(synthesized.prod, value);
	const bastion = only(DB, "AWS::EC2::Instance");
	expect(bastion).not.toHaveProperty("KeyName");
	expect(bastion.SecurityGroupIds.map(at)).toEqual([
		"NetworkBastionAccess.GroupId",
	]);
	const access = ofType(DB, "AWS::EC2::SecurityGroup").NetworkBastionAccess;
	expect(access?.Properties).not.toHaveProperty("SecurityGroupIngress");
	const ingress = Object.values(ofType(DB, "AWS::EC2::SecurityGroupIngress"))
		.map(({ Properties }) => Properties)
		.map(
			(rule) =>
				`${at(rule.SourceSecurityGroupId)} to ${at(rule.GroupId)}:${rule.FromPort}`,
		);
	expect(ingress.sort()).toEqual([
		"NetworkBastionAccess.GroupId to NetworkDatabase.GroupId:5432",
		"NetworkFunctions.GroupId to NetworkDatabase.GroupId:5432",
	]);
	expect(ofType(synthesized.dev.DB, "AWS::EC2::Instance")).toEqual({});
});

test("a NAT instance takes the gateway's place where the table says so", () => {
	const { DB } = synthesize("prod", ({ prod }) => {
		prod.network.nat = "instance";
	});
	expect(ofType(DB, "AWS::EC2::NatGateway")).toEqual({});
	const forwarding = Object.values(ofType(DB, "AWS::EC2::Instance")).filter(
		({ Properties }) => Properties.SourceDestCheck === false,
	);
	expect(forwarding).toMatchObject([
		{ Properties: { InstanceType: "t4g.nano" } },
	]);
	expect(
		Object.keys(ofType(synthesized.prod.DB, "AWS::EC2::NatGateway")),
	).toHaveLength(1);
});

const keyName = ({ AttributeName }: { AttributeName: string }) => AttributeName;

/** Logical ids carry the environment's name and a hash of it where a resource serves another stack. */
function withoutName(text: string): string {
	return text
		.replaceAll(/(?<=\b|Compute|API)(dev|local)(?=\b|[A-Z])/g, "NAME")
		.replaceAll(/(?<=[A-Za-z])(?:[0-9A-F]{8})+/g, "HASH");
}

/** The nearest property names where two templates differ. */
function differences(one: unknown, other: unknown, property = ""): string[] {
	if (typeof one !== "object" || typeof other !== "object" || !one || !other) {
		return one === other ? [] : [property];
	}
	const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
	return [...keys].flatMap((key) =>
		differences(
			(one as Record<string, unknown>)[key],
			(other as Record<string, unknown>)[key],
			/^\d+$/.test(key) ? property : key,
		),
	);
}
