import { describe, expect, test } from "vitest";
import { environmentNames } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { ofType, type Part, parts, pointsAt, synthesize, type Template, templatesOf } from "./synthesized.ts";

/** The actions of Session Manager's agent, for which AWS takes no resource. */
const sessionAgent = [
	"ssm:UpdateInstanceInformation on *",
	"ssmmessages:CreateControlChannel on *",
	"ssmmessages:CreateDataChannel on *",
	"ssmmessages:OpenControlChannel on *",
	"ssmmessages:OpenDataChannel on *",
];

const readsLogin = ["secretsmanager:GetSecretValue on ApplicationSecret"];
const deletesVersions = [
	"s3:DeleteObjectVersion on Images/derived/*",
	"s3:DeleteObjectVersion on Images/originals/*",
	"s3:ListBucketVersions on Images",
];
const listsObjects = "s3:ListBucket on Images";
const conversationGrants = [
	...["BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"].map(
		(action) => `dynamodb:${action} on Checkpoints`,
	),
	"dynamodb:Query on Checkpoints/index/gsi1",
	...["GetObject", "PutObject", "DeleteObjectVersion"].map((action) => `s3:${action} on Images/checkpoints/*`),
];
const deletesPeople = ["cognito-idp:AdminDeleteUser on People", "cognito-idp:AdminUserGlobalSignOut on People"];
const knowsCircuits = [
	"dynamodb:GetItem on Checkpoints where LeadingKeys are circuit#*",
	"dynamodb:UpdateItem on Checkpoints where LeadingKeys are circuit#*",
];
const publishes = ["events:PutEvents on Events"];
const worksOn = (queue: string) =>
	["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage"].map(
		(action) => `sqs:${action} on ${queue}`,
	);
const readsKey = (provider: string) =>
	`ssm:GetParameter on arn:aws:ssm:us-east-1:AWS::AccountId:parameter/collections/{env}/${provider}-api-key`;
/** Every permission of each function beside writing its own log, with offline embeddings. */
const permissions: Record<string, string[]> = {
	ApiRole: [
		...readsLogin,
		...deletesVersions,
		listsObjects,
		readsKey("anthropic"),
		readsKey("openai"),
		readsKey("tavily"),
		readsKey("langsmith"),
		...conversationGrants,
		...publishes,
		"s3:GetObject on Images/derived/*",
		"s3:GetObject on Images/originals/*",
		"s3:GetObject on Images/exports/*",
		"s3:DeleteObjectVersion on Images/exports/*",
		"s3:PutObject on Images/originals/*",
		"cognito-idp:AdminGetUser on People",
		"cognito-idp:AdminAddUserToGroup on People",
		"cognito-idp:AdminDisableUser on People",
		"cognito-idp:AdminEnableUser on People",
		"cognito-idp:AdminListGroupsForUser on People",
		"cognito-idp:AdminRemoveUserFromGroup on People",
		"cognito-idp:ListUsers on People",
		...deletesPeople,
	],
	StreamRole: [
		...readsLogin,
		"s3:ListBucketVersions on Images",
		listsObjects,
		readsKey("anthropic"),
		readsKey("openai"),
		readsKey("tavily"),
		readsKey("langsmith"),
		...conversationGrants.filter((grant) => !grant.includes("/index/")),
		"s3:GetObject on Images/derived/*",
	],
	ImageProcessorWorkerRole: [
		...readsLogin,
		...deletesVersions,
		listsObjects,
		...publishes,
		...worksOn("ImageProcessorQueue"),
		"s3:GetObject on Images/originals/*",
		"s3:GetObjectVersion on Images/originals/*",
		"s3:PutObject on Images/derived/*",
	],
	AnalyzerWorkerRole: [
		...readsLogin,
		...publishes,
		...worksOn("AnalyzerQueue"),
		...knowsCircuits,
		readsKey("anthropic"),
		readsKey("openai"),
		"s3:GetObject on Images/derived/*",
		"s3:GetObject on Images/originals/*",
		"s3:ListBucket on Images",
	],
	EmbedderWorkerRole: [...readsLogin, ...publishes, ...worksOn("EmbedderQueue"), ...knowsCircuits],
	JobsWorkerRole: [
		...readsLogin,
		...deletesVersions,
		...publishes,
		...worksOn("JobsQueue"),
		listsObjects,
		"s3:GetObject on Images/originals/*",
		"s3:PutObject on Images/exports/*",
		"dynamodb:GetItem on Checkpoints",
		"dynamodb:Query on Checkpoints",
		"dynamodb:Query on Checkpoints/index/gsi1",
		"dynamodb:UpdateItem on Checkpoints",
	],
	WebhooksWorkerRole: [...readsLogin, ...worksOn("WebhooksQueue")],
	CleanupRole: [
		...readsLogin,
		...deletesVersions,
		listsObjects,
		...publishes,
		"dynamodb:Scan on Checkpoints/index/gsi1",
		"dynamodb:BatchGetItem on Checkpoints",
		"dynamodb:BatchWriteItem on Checkpoints",
		"dynamodb:DeleteItem on Checkpoints",
		...deletesPeople,
		"dynamodb:PutItem on Checkpoints",
		"dynamodb:Query on Checkpoints",
		"dynamodb:Query on Checkpoints/index/gsi1",
		"dynamodb:UpdateItem on Checkpoints",
		"s3:DeleteObjectVersion on Images/checkpoints/*",
		"s3:DeleteObjectVersion on Images/exports/*",
		"s3:GetObject on Images/originals/*",
		"sqs:SendMessage on FailedCleanups",
	],
	MigrateRole: [
		...readsLogin,
		"secretsmanager:GetSecretValue on Database.MasterUserSecret.SecretArn",
		"secretsmanager:GetSecretValue on MigrationSecret",
		"secretsmanager:PutSecretValue on ApplicationSecret",
		"secretsmanager:PutSecretValue on MigrationSecret",
		"sqs:SendMessage on FailedRotations",
	],
};
/** Lambda's own network interfaces; EC2 takes no resource for these. */
const networkInterfaces = [
	"AssignPrivateIpAddresses",
	"CreateNetworkInterface",
	"DeleteNetworkInterface",
	"DescribeNetworkInterfaces",
	"DescribeSubnets",
	"UnassignPrivateIpAddresses",
].map((action) => `ec2:${action} on *`);

/** The only resources with a wildcard, each with its reason. */
const openResources: [RegExp, string][] = [
	[/^Checkpoints where LeadingKeys are circuit#\*$/, "people name models, so that nobody knows the circuits at synth"],
	[
		/^Images\/(originals|derived|checkpoints|exports)\/\*$/,
		"keys below the prefix begin with the user, whom nobody knows at synth",
	],
	[
		/^arn:aws:bedrock:\*::foundation-model\/[\w.:-]+$/,
		"an inference profile asks its model in whichever region AWS chooses",
	],
];
/** Actions that AWS takes no resource for. */
const withoutResource = new Set([...networkInterfaces, ...sessionAgent]);

/** The senders of each queue, by rule. CDK's targets of the schedules name their dead-letter queue, too. */
const deliveries = {
	ImageProcessorQueue: ["ImageProcessorResizeRequested", "ImageProcessorRetried", "ImageProcessorUploaded"],
	AnalyzerQueue: ["AnalyzerAnalysisRequested", "AnalyzerImageProcessed"],
	EmbedderQueue: ["EmbedderAnalysisComplete", "EmbedderEmbeddingRequested"],
	JobsQueue: ["JobsDue"],
	WebhooksQueue: ["WebhooksDue"],
};

interface Statement {
	Effect: string;
	Action: string | string[];
	Resource: unknown;
	Principal?: unknown;
	Condition?: Record<string, Record<string, unknown>>;
}
type Templates = Record<Part, Template>;

const statementsOf = (templates: Templates, type: string) =>
	parts.flatMap((part) =>
		Object.entries(ofType(templates[part], type)).flatMap(([policy, { Properties }]) =>
			(Properties.PolicyDocument.Statement as Statement[]).map((statement) => ({
				policy,
				properties: Properties,
				statement,
			})),
		),
	);

/** Returns `action on resource` for every pair, with the partitions to which a table's are limited. */
const grantsOf = (templates: Templates, { Action, Resource, Condition }: Statement) => {
	const partitions = Condition?.["ForAllValues:StringLike"]?.["dynamodb:LeadingKeys"];
	const where = partitions ? ` where LeadingKeys are ${partitions}` : "";
	return [Action]
		.flat()
		.flatMap((action) => [Resource].flat().map((resource) => `${action} on ${pointsAt(templates, resource)}${where}`));
};

const rolesGrants = (templates: Templates) => {
	const found: Record<string, string[]> = {};
	for (const { properties, statement } of statementsOf(templates, "AWS::IAM::Policy")) {
		const role = pointsAt(templates, properties.Roles[0]);
		found[role] = [...(found[role] ?? []), ...grantsOf(templates, statement)].sort();
	}
	return found;
};

const synthesized = Object.fromEntries(environmentNames.map((name) => [name, templatesOf(name)])) as Record<
	(typeof environmentNames)[number],
	Templates
>;

describe.each(environmentNames)("the grants of %s", (name) => {
	const environment = readEnvironment(cdk.context.environments, name);
	const templates = synthesized[name];
	const at = (value: unknown) => pointsAt(templates, value);

	test("are exactly the permissions that each function needs", () => {
		const isPrivate = environment.network.mode === "private";
		const found = Object.entries(rolesGrants(templates)).map(([role, grants]) => {
			const log = role.replace(/Role$/, "Log");
			return [role, grants.filter((grant) => !/^logs:\w+ on /.test(grant) || !grant.endsWith(` ${log}`))];
		});
		const wanted = Object.entries(permissions).map(([role, list]) => [
			role,
			[...list, ...(isPrivate ? networkInterfaces : [])].map((permission) => permission.replace("{env}", name)).sort(),
		]);
		expect(Object.fromEntries(found)).toEqual({
			...Object.fromEntries(wanted),
			...(isPrivate && { NetworkBastionRole: sessionAgent }),
		});
		for (const part of parts) {
			for (const { Properties } of Object.values(ofType(templates[part], "AWS::IAM::Role"))) {
				expect(Properties.ManagedPolicyArns).toBeUndefined();
				expect(Properties.Policies).toBeUndefined();
			}
		}
	});

	test("have no wildcard in an action, and in a resource only with a reason", () => {
		const open = Object.values(rolesGrants(templates))
			.flat()
			.filter((grant) => /[*?]/.test(grant))
			.filter((grant) => {
				const [action = "", resource = ""] = grant.split(" on ");
				if (/[*?]/.test(action)) return true;
				if (withoutResource.has(grant)) return false;
				return !openResources.some(([known]) => known.test(resource));
			});
		expect(open).toEqual([]);
	});

	test("let each rule send to its stage's queue and that queue's dead letters, and nothing else", () => {
		const found = statementsOf(templates, "AWS::SQS::QueuePolicy")
			.filter(({ statement }) => statement.Effect === "Allow")
			.map(({ statement }) => {
				expect(statement.Principal).toEqual({
					Service: "events.amazonaws.com",
				});
				const [[operator, condition] = [], ...others] = Object.entries(statement.Condition ?? {});
				expect([operator, others]).toEqual(["ArnEquals", []]);
				const rule = at(condition?.["aws:SourceArn"]);
				return `${rule}: ${grantsOf(templates, statement)}`;
			});
		const wanted = Object.entries(deliveries).flatMap(([queue, rules]) =>
			rules.flatMap((rule) => [
				`${rule}: sqs:SendMessage on ${queue}`,
				`${rule}: sqs:SendMessage on ${queue.replace(/Queue$/, "Undelivered")}`,
			]),
		);
		const schedules = ["CleanupSchedule", "SessionSchedule"].map(
			(rule) => `${rule}: sqs:SendMessage on FailedCleanups`,
		);
		schedules.push("RotationSchedule: sqs:SendMessage on FailedRotations");
		expect(found.sort()).toEqual([...wanted, ...schedules].sort());
	});

	test("let the API invoke the api function on every route and on $default, and each schedule invoke its function", () => {
		const found = parts.flatMap((part) =>
			Object.values(ofType(templates[part], "AWS::Lambda::Permission")).map(
				({ Properties }) =>
					`${Properties.Principal} ${at(Properties.SourceArn).replace(/^.*:(?:Http|(?=Streams))/, "")} invokes ${at(Properties.FunctionName)}`,
			),
		);
		expect(found.sort()).toEqual([
			"apigateway.amazonaws.com /*/$default invokes ApiFunction",
			"apigateway.amazonaws.com /*/*/* invokes ApiFunction",
			"apigateway.amazonaws.com Streams/*/*/* invokes StreamFunction",
			"events.amazonaws.com CleanupSchedule invokes CleanupFunction",
			"events.amazonaws.com RotationSchedule invokes MigrateFunction",
			"events.amazonaws.com SessionSchedule invokes CleanupFunction",
		]);
	});
});

test("only functions that embed may read Voyage's key, and only where Voyage embeds", () => {
	const readers = (templates: Templates) =>
		Object.entries(rolesGrants(templates))
			.filter(([, grants]) => grants.join().includes("voyage-api-key"))
			.map(([role]) => role)
			.sort();
	expect(readers(synthesized.dev)).toEqual([]);
	const chosen = synthesize("dev", ({ dev }) => {
		dev.embeddingProvider = "voyage";
	});
	expect(readers(chosen)).toEqual(["ApiRole", "EmbedderWorkerRole", "StreamRole"]);
});

test.each([
	[
		"us.anthropic.claude-sonnet-5-5",
		["foundation-model/anthropic.claude-sonnet-5-5", "inference-profile/us.anthropic.claude-sonnet-5-5"],
	],
	["amazon.nova-pro-v1:0", ["foundation-model/amazon.nova-pro-v1:0"]],
])("an environment with Bedrock lets what answers invoke %s and no other model", (model, resources) => {
	const { Compute } = synthesize("dev", ({ dev }) => {
		Object.assign(dev, {
			chatProvider: "bedrock",
			chatModels: { bedrock: model },
		});
	});
	const statements = Object.values(ofType(Compute, "AWS::IAM::Policy"))
		.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
		.filter(({ Action }) => JSON.stringify(Action).includes("bedrock"));
	// Of the api's function and of the one that streams.
	expect(statements).toHaveLength(2);
	for (const { Action, Resource } of statements) {
		expect(Action).toBe("bedrock:InvokeModel");
		const named = JSON.stringify(Resource).match(/(inference-profile|foundation-model)\/[^"]+/g);
		expect(named?.sort()).toEqual(resources);
	}
});

test("an environment whose list has models of Bedrock lets what answers invoke these, and no other", () => {
	const { Compute } = synthesize("dev", ({ dev }) => {
		Object.assign(dev, {
			modelLists: { chat: ["anthropic", "bedrock/amazon.nova-pro-v1:0", "bedrock/amazon.nova-lite-v1:0"] },
		});
	});
	const invoked = Object.entries(ofType(Compute, "AWS::IAM::Policy")).flatMap(([policy, { Properties }]) =>
		(Properties.PolicyDocument.Statement as Statement[])
			.filter(({ Action }) => JSON.stringify(Action).includes("bedrock:InvokeModel"))
			.map((statement) => ({ policy, models: JSON.stringify(statement).match(/foundation-model\/[^"]+/g) })),
	);
	const models = ["foundation-model/amazon.nova-lite-v1:0", "foundation-model/amazon.nova-pro-v1:0"];
	for (const policy of ["ApiRoleDefaultPolicy", "StreamRoleDefaultPolicy"]) {
		expect(
			invoked
				.filter((each) => each.policy === policy)
				.flatMap((each) => each.models)
				.sort(),
		).toEqual(models);
	}
	expect(invoked.every(({ policy }) => /^(Api|Stream)Role/.test(policy))).toBe(true);
});

test("only an environment with Bedrock that asks for it lets what answers subscribe to a model, and only through Bedrock", () => {
	const marketplace = (templates: Templates) =>
		parts.flatMap((part) =>
			Object.entries(ofType(templates[part], "AWS::IAM::Policy")).flatMap(([policy, { Properties }]) =>
				(Properties.PolicyDocument.Statement as Statement[])
					.filter(({ Action }) => JSON.stringify(Action).includes("aws-marketplace"))
					.map((statement) => ({ policy, ...statement })),
			),
		);
	for (const name of environmentNames) expect(marketplace(synthesized[name])).toEqual([]);
	const asked = synthesize("prod", ({ prod }) => {
		Object.assign(prod, { chatProvider: "bedrock", bedrock: { subscribe: true } });
	});
	expect(marketplace(asked)).toEqual(
		["ApiRoleDefaultPolicy", "StreamRoleDefaultPolicy"].map((policy) => ({
			policy,
			Effect: "Allow",
			Action: ["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"],
			Resource: "*",
			Condition: { StringEquals: { "aws:CalledViaLast": "bedrock.amazonaws.com" } },
		})),
	);
});

test("an environment whose list describes by Bedrock lets the analyzer alone invoke that model, and subscribe where it may", () => {
	const templates = synthesize("dev", ({ dev }) => {
		Object.assign(dev, {
			modelLists: { vision: ["anthropic", "bedrock/amazon.nova-lite-v1:0"] },
			bedrock: { subscribe: true },
		});
	});
	const found = Object.entries(rolesGrants(templates)).flatMap(([role, grants]) =>
		grants.filter((grant) => /^(bedrock|aws-marketplace):/.test(grant)).map((grant) => [role, grant]),
	);
	expect(found).toEqual([
		["AnalyzerWorkerRole", "aws-marketplace:Subscribe on *"],
		["AnalyzerWorkerRole", "aws-marketplace:ViewSubscriptions on *"],
		[
			"AnalyzerWorkerRole",
			expect.stringMatching(/^bedrock:InvokeModel on .*foundation-model\/amazon\.nova-lite-v1:0$/),
		],
	]);
});

test("an environment that embeds by Bedrock lets what embeds invoke that model, and refuses a model of others", () => {
	const embedsBy = (model: string) =>
		synthesize("dev", ({ dev }) => {
			Object.assign(dev, { embeddingProvider: "bedrock", embeddingModels: { bedrock: model } });
		});
	const grants = Object.entries(rolesGrants(embedsBy("amazon.titan-embed-text-v2:0")));
	const roles = grants.filter(([, list]) => list.some((grant) => /^bedrock:.*titan-embed-text-v2:0$/.test(grant)));
	expect(roles.map(([role]) => role).sort()).toEqual(["ApiRole", "EmbedderWorkerRole", "StreamRole"]);
	expect(() => embedsBy("cohere.embed-v4:0")).toThrow("embeddingModels.bedrock: must be amazon.titan-embed-text-v2:0");
});
