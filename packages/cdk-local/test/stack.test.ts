import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TemplateResource } from "../template/assembly.ts";
import { startTestApp, testFunction } from "./test-app.ts";

const refusal = (Resources: Record<string, TemplateResource>) =>
	startTestApp({ Resources }).then(
		async (app) => {
			await app.destroy();
			return "started";
		},
		(error: Error) => error.message,
	);

test("an unknown resource type stops the start with stack and logical id", async () => {
	const message = await refusal({ Odd: { Type: "AWS::Odd::Thing" } });
	expect(message).toMatch(/tiny, Odd \(AWS::Odd::Thing\):.*does not know/);
});

test("an unknown intrinsic stops the start with stack and logical id", async () => {
	const message = await refusal({
		Jobs: { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::Transform": "x" } } },
	});
	expect(message).toMatch(/tiny, Jobs \(AWS::SQS::Queue\): .*Fn::Transform/);
});

test("a property that cdk-local does not support stops the start", async () => {
	const message = await refusal({ Jobs: { Type: "AWS::SQS::Queue", Properties: { FifoThroughputLimit: "x" } } });
	expect(message).toMatch(/tiny, Jobs .*FifoThroughputLimit/);
});

test("a variable whose name Lambda reserves stops the start", async () => {
	const message = await refusal({
		Worker: testFunction({ Environment: { Variables: { AWS_REGION: "eu-central-1" } } }),
	});
	expect(message).toMatch(/tiny, Worker .*AWS_REGION/);
});

test("a reference to an undefined resource stops the start", async () => {
	const message = await refusal({ Worker: testFunction({ Environment: { Variables: { QUEUE: { Ref: "Gone" } } } }) });
	expect(message).toMatch(/tiny, Worker .*no resource Gone/);
});

test("resources that depend on each other in a cycle stop the start", async () => {
	const redriveTo = (id: string) => ({
		Type: "AWS::SQS::Queue",
		Properties: { RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [id, "Arn"] }, maxReceiveCount: 1 } },
	});
	const message = await refusal({ A: redriveTo("B"), B: redriveTo("A") });
	expect(message).toMatch(/A needs B needs A/);
});

test("a resource whose condition is false is not created", async () => {
	const app = await startTestApp({
		Conditions: { Never: { "Fn::Equals": [{ Ref: "AWS::Region" }, "mars"] } },
		Resources: { Odd: { Type: "AWS::Odd::Thing", Condition: "Never" } },
	});
	await app.destroy();
});

test("outputs are written with their values and without the operator's keys", async () => {
	const app = await startTestApp({
		Resources: { Jobs: { Type: "AWS::SQS::Queue", Properties: { QueueName: "jobs" } } },
		Outputs: { QueueArn: { Value: { "Fn::GetAtt": ["Jobs", "Arn"] } }, Region: { Value: { Ref: "AWS::Region" } } },
	});
	try {
		const file = readFileSync(join(app.folder, "outputs.json"), "utf8");
		expect(JSON.parse(file)).toEqual({
			QueueArn: "arn:aws:sqs:eu-central-1:000000000000:jobs",
			Region: "eu-central-1",
			AwsEndpointUrl: app.endpoint,
		});
		expect(file).not.toContain(app.operator.secretAccessKey);
	} finally {
		await app.destroy();
	}
});

test("a second start with the same state fails and names the running process", async () => {
	const app = await startTestApp({ Resources: {} });
	try {
		await expect(startTestApp({ Resources: {} }, undefined, { stateDir: join(app.folder, "state") })).rejects.toThrow(
			/is running already, as process \d+/,
		);
	} finally {
		await app.destroy();
	}
});
