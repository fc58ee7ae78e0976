import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { Lambda } from "@aws-sdk/client-lambda";
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterEach, describe, expect, test } from "vitest";
import type { JsonObject, TemplateResource } from "../template/assembly.ts";
import { allowInvoke, allowRules, eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

let app: TestApp | undefined;
afterEach(async () => {
	await app?.destroy();
	app = undefined;
});

const arn = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });
const queue = (name: string) => ({ Type: "AWS::SQS::Queue", Properties: { QueueName: name } });
const lambdaTrust = {
	Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
};
/** Returns a role and its policy, as the CDK synthesizes them. */
const roleAllowing = (...Statement: JsonObject[]) => ({
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
	testFunction({ FunctionName: "worker", Role: arn("Role"), ...properties });
const noRetries = {
	Type: "AWS::Lambda::EventInvokeConfig",
	Properties: { FunctionName: { Ref: "Worker" }, Qualifier: "$LATEST", MaximumRetryAttempts: 0 },
};

/** Returns the keys that the function runs with. */
const returnKeys = `export const handler = async () => ({
			accessKeyId: process.env.AWS_ACCESS_KEY_ID,
			secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
			sessionToken: process.env.AWS_SESSION_TOKEN,
		});`;

const client = ({ endpoint, operator }: TestApp) => ({ endpoint, region: "eu-central-1", credentials: operator });
const url = (target: TestApp, name: string) => `${target.endpoint}/000000000000/${name}`;

async function receive(target: TestApp, name: string) {
	const { Messages = [] } = await new SQSClient(client(target)).send(
		new ReceiveMessageCommand({ QueueUrl: url(target, name), WaitTimeSeconds: 10, MessageAttributeNames: ["All"] }),
	);
	return Messages[0];
}

async function invoke(target: TestApp, name: string) {
	const { Payload } = await new Lambda(client(target)).invoke({ FunctionName: name });
	return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test("a function calls AWS as its role, with its own keys, and may do only what its policies allow", async () => {
	app = await startTestApp(
		{
			Resources: {
				...roleAllowing({ Effect: "Allow", Action: "sqs:SendMessage", Resource: arn("Mine") }),
				Worker: worker(),
				Mine: queue("mine"),
				Other: queue("other"),
			},
		},
		returnKeys,
	);
	const credentials = await invoke(app, "worker");
	expect(credentials.accessKeyId).not.toBe(app.operator.accessKeyId);
	const own = { ...client(app), credentials };
	const { Arn } = await new STSClient(own).send(new GetCallerIdentityCommand({}));
	expect(Arn).toBe("arn:aws:sts::000000000000:assumed-role/tiny-Role/worker");
	const send = (name: string) =>
		new SQSClient(own).send(new SendMessageCommand({ QueueUrl: url(app as TestApp, name), MessageBody: "x" }));
	await send("mine");
	await expect(send("other")).rejects.toMatchObject({
		name: "AccessDeniedException",
		message: expect.stringContaining(
			`${Arn} is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:eu-central-1:000000000000:other`,
		),
	});
});

test("a function without permissions is refused by Lambda, CloudFormation and CloudWatch Logs, and identified by STS", async () => {
	app = await startTestApp({ Resources: { ...roleAllowing(), Worker: worker() } }, returnKeys);
	const own = { ...client(app), credentials: await invoke(app, "worker") };
	const lambda = new Lambda(own);
	const refused = (action: string, resource: string) => ({
		name: expect.stringMatching(/^AccessDenied(Exception)?$/),
		message: expect.stringContaining(`${action} on resource: ${resource}`),
	});
	const functionArn = "arn:aws:lambda:eu-central-1:000000000000:function:worker";
	await expect(lambda.invoke({ FunctionName: "worker" })).rejects.toMatchObject({
		...refused("lambda:InvokeFunction", functionArn),
		$metadata: { httpStatusCode: 403 },
	});
	await expect(lambda.getFunctionConfiguration({ FunctionName: "worker" })).rejects.toMatchObject(
		refused("lambda:GetFunctionConfiguration", functionArn),
	);
	await expect(lambda.updateFunctionCode({ FunctionName: "worker", ZipFile: Buffer.from("x") })).rejects.toMatchObject(
		refused("lambda:UpdateFunctionCode", functionArn),
	);
	// The refusal does not reveal that this function does not exist.
	await expect(lambda.invoke({ FunctionName: "gone" })).rejects.toMatchObject({ name: "AccessDeniedException" });
	await expect(lambda.getAccountSettings({})).rejects.toMatchObject(refused("lambda:GetAccountSettings", "*"));
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
		app = await startTestApp(
			{
				Resources: {
					...roleAllowing({
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
		const grant = app.access.grants.find(({ action }) => action.endsWith(missing));
		if (!grant) throw new Error("There is no such grant.");
		grant.withheld = true;
		const sqs = new SQSClient(client(app));
		const send = () => sqs.send(new SendMessageCommand({ QueueUrl: url(app as TestApp, "jobs"), MessageBody: "x" }));
		await send();
		const { lines } = app;
		const logLine = await eventually(() => lines.find((line) => line.includes("is not polled")));
		expect(logLine).toContain(`lacks sqs:${missing}`);
		// No poller has received it.
		expect((await receive(app, "jobs"))?.Body).toBe("x");
		grant.withheld = false;
		await send();
		const polled = Promise.withResolvers<void>();
		const stop = app.access.watch(({ permission, allowed }) => {
			if (allowed && permission.action === `sqs:${missing}`) polled.resolve();
		});
		await polled.promise;
		stop();
	},
);

test("an event that a rule may not deliver goes to its dead-letter queue with the reason; without permission for that, it is lost and logged", async () => {
	const rule = (source: string, target: string) => ({
		Type: "AWS::Events::Rule",
		Properties: {
			EventPattern: { source: [source] },
			Targets: [{ Id: "0", Arn: arn(target), DeadLetterConfig: { Arn: arn(`${target}Dead`) } }],
		},
	});
	app = await startTestApp({
		Resources: {
			Shut: queue("shut"),
			ShutDead: queue("shut-dead"),
			OpenShutDead: allowRules("ShutDead"),
			OnShut: rule("shut", "Shut"),
			Gone: queue("gone"),
			GoneDead: queue("gone-dead"),
			OnGone: rule("gone", "Gone"),
		},
	});
	await new EventBridgeClient(client(app)).send(
		new PutEventsCommand({ Entries: ["shut", "gone"].map((Source) => ({ Source, DetailType: "Test", Detail: "{}" })) }),
	);
	expect((await receive(app, "shut-dead"))?.MessageAttributes).toMatchObject({
		ERROR_CODE: { StringValue: "NO_PERMISSIONS" },
		TARGET_ARN: { StringValue: "arn:aws:sqs:eu-central-1:000000000000:shut" },
	});
	expect(app.lines.join("\n")).toMatch(
		/Rule tiny-OnGone could deliver neither to .*:gone nor to its dead-letter queue/,
	);
});

test("a failed event goes to the dead-letter queue if the function's role may send there, else it is lost and logged", async () => {
	app = await startTestApp(
		{
			Resources: {
				...roleAllowing({
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
	const lambda = new Lambda(client(app));
	const fail = () => lambda.invoke({ FunctionName: "worker", InvocationType: "Event", Payload: '{"number":7}' });
	await fail();
	expect((await receive(app, "failed"))?.Body).toBe('{"number":7}');
	const grant = app.access.grants.find(({ action }) => action === "sqs:SendMessage");
	if (!grant) throw new Error("There is no such grant.");
	grant.withheld = true;
	await fail();
	const log = join(app.folder, "state/logs/worker.log");
	await eventually(() => readFileSync(log, "utf8").includes("Event lost: AwsError: User: "));
});

test("log lines of a function whose role may not write them are lost, and cdk-local logs that once", async () => {
	app = await startTestApp(
		{ Resources: { ...roleAllowing(), Worker: worker() } },
		'export const handler = async () => { console.log("seen"); return "done"; };',
	);
	expect(await invoke(app, "worker")).toBe("done");
	expect(await invoke(app, "worker")).toBe("done");
	const log = join(app.folder, "state/logs/worker.log");
	expect(existsSync(log) ? readFileSync(log, "utf8") : "").toBe("");
	expect(app.lines.filter((line) => line.includes("may not write to its log"))).toHaveLength(1);
});

describe("the API", () => {
	const api = (permissions: Record<string, TemplateResource>) => {
		const apiResource = (type: string, properties: JsonObject) => ({
			Type: `AWS::ApiGatewayV2::${type}`,
			Properties: { ApiId: { Ref: "Api" }, ...properties },
		});
		const Target = { "Fn::Join": ["/", ["integrations", { Ref: "EchoIntegration" }]] };
		return startTestApp({
			Resources: {
				Echo: testFunction(),
				...permissions,
				Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "tiny", ProtocolType: "HTTP" } },
				Stage: apiResource("Stage", { StageName: "$default", AutoDeploy: true }),
				EchoIntegration: apiResource("Integration", {
					IntegrationType: "AWS_PROXY",
					IntegrationUri: arn("Echo"),
					PayloadFormatVersion: "2.0",
				}),
				ItemRoute: apiResource("Route", { RouteKey: "GET /items/{id}", Target }),
				DefaultRoute: apiResource("Route", { RouteKey: "$default", Target }),
			},
		});
	};
	const permission = (route: string): TemplateResource => ({
		Type: "AWS::Lambda::Permission",
		Properties: {
			...allowInvoke("Echo", "apigateway.amazonaws.com").Properties,
			SourceArn: { "Fn::Sub": `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/${route}` },
		},
	});
	const statuses = (target: TestApp) =>
		Promise.all(["/items/1", "/nowhere"].map(async (path) => (await fetch(target.url + path)).status));

	test("answers 500 if the function's policy does not allow it", async () => {
		app = await api({});
		expect(await statuses(app)).toEqual([500, 500]);
		expect(app.lines.join("\n")).toContain("$default: the function's policy does not allow the API to invoke it");
	});

	test("needs a separate permission for $default, which has neither method nor path", async () => {
		app = await api({ Routes: permission("*/*/*") });
		expect(await statuses(app)).toEqual([200, 500]);
		await app.destroy();
		app = await api({ DefaultPermission: permission("*/$default") });
		expect(await statuses(app)).toEqual([500, 200]);
		await app.destroy();
		app = await api({ Items: permission("*/GET/items/*") });
		expect(await statuses(app)).toEqual([200, 500]);
	});
});

describe("the start stops and names the logical id at", () => {
	const refusal = (Resources: Record<string, TemplateResource>) =>
		startTestApp({ Resources }).then(
			async (started) => {
				await started.destroy();
				return "started";
			},
			(error: Error) => error.message,
		);
	const allowGet = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" };

	test.each<[string, Record<string, TemplateResource>, RegExp]>([
		[
			"an unknown condition operator",
			roleAllowing({ ...allowGet, Condition: { IpAddress: { "aws:SourceArn": "127.0.0.1" } } }),
			/tiny, Policy \(AWS::IAM::Policy\): .*IpAddress/,
		],
		[
			"an unsupported policy element",
			roleAllowing({ Effect: "Allow", NotAction: "s3:*", Resource: "*" }),
			/tiny, Policy .*cannot evaluate[\s\S]*NotAction/,
		],
		[
			"an unknown managed policy",
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
			"a function whose role no template defines",
			{ Worker: testFunction({ Role: "arn:aws:iam::000000000000:role/any" }) },
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
						PolicyDocument: { Statement: [{ ...allowGet, Principal: { AWS: "000000000000" } }] },
					},
				},
			},
			/tiny, Open .*principal 000000000000/,
		],
	])("%s", async (_, resources, message) => {
		expect(await refusal(resources)).toMatch(message);
	});
});
