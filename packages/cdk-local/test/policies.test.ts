import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
	GetAccountSettingsCommand,
	GetFunctionConfigurationCommand,
	InvokeCommand,
	LambdaClient,
	UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, describe, expect, test } from "vitest";
import type { JsonObject, TemplateResource } from "../template/assembly.ts";
import { eventually, openFunction, openQueue, startTiny, type TinyCloud, tinyFunction } from "./tiny-cloud.ts";

let cloud: TinyCloud | undefined;
afterEach(async () => {
	await cloud?.forget();
	cloud = undefined;
});

const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const queue = (name: string) => ({ Type: "AWS::SQS::Queue", Properties: { QueueName: name } });
const lambdaTrust = {
	Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
};
/** A role with a policy of its own, as the CDK writes both. */
const roleThatMay = (...Statement: JsonObject[]) => ({
	Role: { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: lambdaTrust } } as TemplateResource,
	...(Statement.length > 0 && {
		Policy: {
			Type: "AWS::IAM::Policy",
			Properties: {
				PolicyName: "Policy",
				Roles: [{ Ref: "Role" }],
				PolicyDocument: { Version: "2012-10-17", Statement },
			},
		},
	}),
});
const worker = (properties: JsonObject = {}) =>
	tinyFunction({ FunctionName: "worker", Role: arn("Role"), ...properties });
const noRetries = {
	Type: "AWS::Lambda::EventInvokeConfig",
	Properties: { FunctionName: { Ref: "Worker" }, Qualifier: "$LATEST", MaximumRetryAttempts: 0 },
};

/** Tells the keys that it runs with. */
const ownKeys = `export const handler = async () => ({
			accessKeyId: process.env.AWS_ACCESS_KEY_ID,
			secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
			sessionToken: process.env.AWS_SESSION_TOKEN,
		});`;

const client = ({ endpoint, operator }: TinyCloud) => ({ endpoint, region: "eu-central-1", credentials: operator });
const url = (of: TinyCloud, name: string) => `${of.endpoint}/000000000000/${name}`;

async function receive(of: TinyCloud, name: string) {
	const { Messages = [] } = await new SQSClient(client(of)).send(
		new ReceiveMessageCommand({ QueueUrl: url(of, name), WaitTimeSeconds: 10, MessageAttributeNames: ["All"] }),
	);
	return Messages[0];
}

async function invoke(of: TinyCloud, name: string) {
	const { Payload } = await new LambdaClient(client(of)).send(new InvokeCommand({ FunctionName: name }));
	return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test("a function calls as its role, with keys of its own, and may do what its policies allow", async () => {
	cloud = await startTiny(
		{
			Resources: {
				...roleThatMay({ Effect: "Allow", Action: "sqs:SendMessage", Resource: arn("Mine") }),
				Worker: worker(),
				Mine: queue("mine"),
				Other: queue("other"),
			},
		},
		ownKeys,
	);
	const credentials = await invoke(cloud, "worker");
	expect(credentials.accessKeyId).not.toBe(cloud.operator.accessKeyId);
	const own = { ...client(cloud), credentials };
	const { Arn } = await new STSClient(own).send(new GetCallerIdentityCommand({}));
	expect(Arn).toBe("arn:aws:sts::000000000000:assumed-role/tiny-Role/worker");
	const send = (name: string) =>
		new SQSClient(own).send(new SendMessageCommand({ QueueUrl: url(cloud as TinyCloud, name), MessageBody: "x" }));
	await send("mine");
	await expect(send("other")).rejects.toMatchObject({
		name: "AccessDeniedException",
		message: expect.stringContaining(
			`${Arn} is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-central-1:000000000000:other`,
		),
	});
});

test("a function that may do nothing is refused by Lambda, CloudFormation and CloudWatch Logs, and told who it is by STS", async () => {
	cloud = await startTiny({ Resources: { ...roleThatMay(), Worker: worker() } }, ownKeys);
	const own = { ...client(cloud), credentials: await invoke(cloud, "worker") };
	const lambda = new LambdaClient(own);
	const refused = (action: string, resource: string) => ({
		name: expect.stringMatching(/^AccessDenied(Exception)?$/),
		message: expect.stringContaining(`${action} on resource: ${resource}`),
	});
	const itself = "arn:aws:lambda:eu-central-1:000000000000:function:worker";
	await expect(lambda.send(new InvokeCommand({ FunctionName: "worker" }))).rejects.toMatchObject({
		...refused("lambda:InvokeFunction", itself),
		$metadata: { httpStatusCode: 403 },
	});
	await expect(lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "worker" }))).rejects.toMatchObject(
		refused("lambda:GetFunctionConfiguration", itself),
	);
	await expect(
		lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "worker", ZipFile: Buffer.from("x") })),
	).rejects.toMatchObject(refused("lambda:UpdateFunctionCode", itself));
	// Whether there is such a function is nothing it may learn.
	await expect(lambda.send(new InvokeCommand({ FunctionName: "gone" }))).rejects.toMatchObject({
		name: "AccessDeniedException",
	});
	await expect(lambda.send(new GetAccountSettingsCommand({}))).rejects.toMatchObject(
		refused("lambda:GetAccountSettings", "*"),
	);
	await expect(
		new CloudFormationClient(own).send(new DescribeStacksCommand({ StackName: "tiny" })),
	).rejects.toMatchObject({
		...refused("cloudformation:DescribeStacks", "arn:aws:cloudformation:eu-central-1:000000000000:stack/tiny/local"),
		$metadata: { httpStatusCode: 403 },
	});
	await expect(
		new CloudWatchLogsClient(own).send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/worker" })),
	).rejects.toMatchObject(
		refused("logs:FilterLogEvents", "arn:aws:logs:eu-central-1:000000000000:log-group:/aws/lambda/worker"),
	);
	await new STSClient(own).send(new GetCallerIdentityCommand({}));
});

test.each(["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])(
	"a queue is not polled while the function's role lacks sqs:%s",
	async (missing) => {
		cloud = await startTiny(
			{
				Resources: {
					...roleThatMay({
						Effect: "Allow",
						Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
						Resource: arn("Jobs"),
					}),
					Worker: worker(),
					Jobs: queue("jobs"),
					Source: {
						Type: "AWS::Lambda::EventSourceMapping",
						Properties: { EventSourceArn: arn("Jobs"), FunctionName: { Ref: "Worker" } },
					},
				},
			},
			"export const handler = async () => {};",
		);
		const grant = cloud.access.grants.find(({ action }) => action.endsWith(missing));
		if (!grant) throw new Error("There is no such grant.");
		grant.withheld = true;
		const sqs = new SQSClient(client(cloud));
		const send = () =>
			sqs.send(new SendMessageCommand({ QueueUrl: url(cloud as TinyCloud, "jobs"), MessageBody: "x" }));
		await send();
		const { lines } = cloud;
		const told = await eventually(() => lines.find((line) => line.includes("is not polled")));
		expect(told).toContain(`lacks sqs:${missing}`);
		// Nobody has taken it.
		expect((await receive(cloud, "jobs"))?.Body).toBe("x");
		grant.withheld = false;
		await send();
		const polled = Promise.withResolvers<void>();
		const stop = cloud.access.watch(({ permission, allowed }) => {
			if (allowed && permission.action === `sqs:${missing}`) polled.resolve();
		});
		await polled.promise;
		stop();
	},
);

test("what a rule may not deliver is with its dead letters and says so, without a right to them it is lost and told", async () => {
	const rule = (source: string, target: string) => ({
		Type: "AWS::Events::Rule",
		Properties: {
			EventPattern: { source: [source] },
			Targets: [{ Id: "0", Arn: arn(target), DeadLetterConfig: { Arn: arn(`${target}Dead`) } }],
		},
	});
	cloud = await startTiny({
		Resources: {
			Shut: queue("shut"),
			ShutDead: queue("shut-dead"),
			OpenShutDead: openQueue("ShutDead"),
			OnShut: rule("shut", "Shut"),
			Gone: queue("gone"),
			GoneDead: queue("gone-dead"),
			OnGone: rule("gone", "Gone"),
		},
	});
	await new EventBridgeClient(client(cloud)).send(
		new PutEventsCommand({ Entries: ["shut", "gone"].map((Source) => ({ Source, DetailType: "Said", Detail: "{}" })) }),
	);
	expect((await receive(cloud, "shut-dead"))?.MessageAttributes).toMatchObject({
		ERROR_CODE: { StringValue: "NO_PERMISSIONS" },
		TARGET_ARN: { StringValue: "arn:aws:sqs:eu-central-1:000000000000:shut" },
	});
	expect(cloud.lines.join("\n")).toMatch(
		/Rule tiny-OnGone could deliver neither to .*:gone nor to its dead-letter queue/,
	);
});

test("an event that a function failed on is kept where its role may put it, else it is lost and told", async () => {
	cloud = await startTiny(
		{
			Resources: {
				...roleThatMay({
					Effect: "Allow",
					Action: ["sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"],
					Resource: "*",
				}),
				Worker: worker({ DeadLetterConfig: { TargetArn: arn("Failed") } }),
				NoRetries: noRetries,
				Failed: queue("failed"),
			},
		},
		'export const handler = async () => { throw new Error("always"); };',
	);
	const lambda = new LambdaClient(client(cloud));
	const fail = () =>
		lambda.send(new InvokeCommand({ FunctionName: "worker", InvocationType: "Event", Payload: '{"number":7}' }));
	await fail();
	expect((await receive(cloud, "failed"))?.Body).toBe('{"number":7}');
	const grant = cloud.access.grants.find(({ action }) => action === "sqs:SendMessage");
	if (!grant) throw new Error("There is no such grant.");
	grant.withheld = true;
	await fail();
	const log = join(cloud.folder, "state/logs/worker.log");
	await eventually(() => readFileSync(log, "utf8").includes("Event lost: AwsError: User: "));
});

test("lines of a function whose role may not write them are lost, and that is told once", async () => {
	cloud = await startTiny(
		{ Resources: { ...roleThatMay(), Worker: worker() } },
		'export const handler = async () => { console.log("seen"); return "done"; };',
	);
	expect(await invoke(cloud, "worker")).toBe("done");
	expect(await invoke(cloud, "worker")).toBe("done");
	const log = join(cloud.folder, "state/logs/worker.log");
	expect(existsSync(log) ? readFileSync(log, "utf8") : "").toBe("");
	expect(cloud.lines.filter((line) => line.includes("may not write to its log"))).toHaveLength(1);
});

describe("the API", () => {
	const api = (permissions: Record<string, TemplateResource>) => {
		const ofApi = (type: string, properties: JsonObject) => ({
			Type: `AWS::ApiGatewayV2::${type}`,
			Properties: { ApiId: { Ref: "Api" }, ...properties },
		});
		const Target = { "Fn::Join": ["/", ["integrations", { Ref: "Whole" }]] };
		return startTiny({
			Resources: {
				Echo: tinyFunction(),
				...permissions,
				Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "tiny", ProtocolType: "HTTP" } },
				Stage: ofApi("Stage", { StageName: "$default", AutoDeploy: true }),
				Whole: ofApi("Integration", {
					IntegrationType: "AWS_PROXY",
					IntegrationUri: arn("Echo"),
					PayloadFormatVersion: "2.0",
				}),
				One: ofApi("Route", { RouteKey: "GET /items/{id}", Target }),
				Rest: ofApi("Route", { RouteKey: "$default", Target }),
			},
		});
	};
	const permission = (route: string): TemplateResource => ({
		Type: "AWS::Lambda::Permission",
		Properties: {
			...openFunction("Echo", "apigateway.amazonaws.com").Properties,
			SourceArn: { "Fn::Sub": `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/${route}` },
		},
	});
	const statuses = (of: TinyCloud) =>
		Promise.all(["/items/1", "/nowhere"].map(async (path) => (await fetch(of.url + path)).status));

	test("answers 500 where the function does not let it in", async () => {
		cloud = await api({});
		expect(await statuses(cloud)).toEqual([500, 500]);
		expect(cloud.lines.join("\n")).toContain("$default: the function's policy does not allow the API to invoke it");
	});

	test("needs a permission of its own for $default, which has neither method nor path", async () => {
		cloud = await api({ Routes: permission("*/*/*") });
		expect(await statuses(cloud)).toEqual([200, 500]);
		await cloud.forget();
		cloud = await api({ Default: permission("*/$default") });
		expect(await statuses(cloud)).toEqual([500, 200]);
		await cloud.forget();
		cloud = await api({ Items: permission("*/GET/items/*") });
		expect(await statuses(cloud)).toEqual([200, 500]);
	});
});

describe("the start stops with the logical id at", () => {
	const refusal = (Resources: Record<string, TemplateResource>) =>
		startTiny({ Resources }).then(
			async (started) => {
				await started.forget();
				return "started";
			},
			(error: Error) => error.message,
		);
	const one = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

	test.each<[string, Record<string, TemplateResource>, RegExp]>([
		[
			"a condition operator that it does not know",
			roleThatMay({ ...one, Condition: { IpAddress: { "aws:SourceArn": "127.0.0.1" } } }),
			/tiny, Policy \(AWS::IAM::Policy\): .*IpAddress/,
		],
		[
			"an element that it does not know",
			roleThatMay({ Effect: "Allow", NotAction: "s3:*", Resource: "*" }),
			/tiny, Policy .*cannot evaluate[\s\S]*NotAction/,
		],
		[
			"a managed policy whose content it does not know",
			{
				Role: {
					Type: "AWS::IAM::Role",
					Properties: {
						AssumeRolePolicyDocument: lambdaTrust,
						ManagedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
					},
				},
			},
			/tiny, Role .*ReadOnlyAccess/,
		],
		[
			"a permissions boundary",
			{
				Role: {
					Type: "AWS::IAM::Role",
					Properties: {
						AssumeRolePolicyDocument: lambdaTrust,
						PermissionsBoundary: "arn:aws:iam::aws:policy/ReadOnlyAccess",
					},
				},
			},
			/tiny, Role .*PermissionsBoundary/,
		],
		[
			"a function whose role no template makes",
			{ Worker: tinyFunction({ Role: "arn:aws:iam::000000000000:role/any" }) },
			/tiny, Worker .*no role .*role\/any/,
		],
		[
			"a function whose role Lambda may not assume",
			{
				Role: {
					Type: "AWS::IAM::Role",
					Properties: {
						AssumeRolePolicyDocument: {
							Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } }],
						},
					},
				},
				Worker: worker(),
			},
			/tiny, Worker .*lambda\.amazonaws\.com may not assume/,
		],
		[
			"a queue's policy for an account",
			{
				Jobs: queue("jobs"),
				Open: {
					Type: "AWS::SQS::QueuePolicy",
					Properties: {
						Queues: [{ Ref: "Jobs" }],
						PolicyDocument: { Statement: [{ ...one, Principal: { AWS: "000000000000" } }] },
					},
				},
			},
			/tiny, Open .*principal 000000000000/,
		],
	])("%s", async (_, resources, message) => {
		expect(await refusal(resources)).toMatch(message);
	});
});
