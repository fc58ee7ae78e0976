import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TemplateResource } from "../template/assembly.ts";
import { startTiny, tinyFunction } from "./tiny-cloud.ts";

const refusal = (Resources: Record<string, TemplateResource>) =>
	startTiny({ Resources }).then(
		async (cloud) => {
			await cloud.forget();
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
		Worker: tinyFunction({ Environment: { Variables: { AWS_REGION: "eu-central-1" } } }),
	});
	expect(message).toMatch(/tiny, Worker .*AWS_REGION/);
});

test("a reference to nothing stops the start", async () => {
	const message = await refusal({ Worker: tinyFunction({ Environment: { Variables: { QUEUE: { Ref: "Gone" } } } }) });
	expect(message).toMatch(/tiny, Worker .*no resource Gone/);
});

test("resources that need each other in a cycle stop the start", async () => {
	const redriveTo = (id: string) => ({
		Type: "AWS::SQS::Queue",
		Properties: { RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [id, "Arn"] }, maxReceiveCount: 1 } },
	});
	const message = await refusal({ A: redriveTo("B"), B: redriveTo("A") });
	expect(message).toMatch(/A needs B needs A/);
});

test("a resource whose condition does not hold is not made", async () => {
	const cloud = await startTiny({
		Conditions: { Never: { "Fn::Equals": [{ Ref: "AWS::Region" }, "mars"] } },
		Resources: { Odd: { Type: "AWS::Odd::Thing", Condition: "Never" } },
	});
	await cloud.forget();
});

test("outputs are written with their values and without the operator's keys", async () => {
	const cloud = await startTiny({
		Resources: { Jobs: { Type: "AWS::SQS::Queue", Properties: { QueueName: "jobs" } } },
		Outputs: { QueueArn: { Value: { "Fn::GetAtt": ["Jobs", "Arn"] } }, Region: { Value: { Ref: "AWS::Region" } } },
	});
	try {
		const file = readFileSync(join(cloud.folder, "outputs.json"), "utf8");
		expect(JSON.parse(file)).toEqual({
			QueueArn: "arn:aws:sqs:eu-central-1:000000000000:jobs",
			Region: "eu-central-1",
			AwsEndpointUrl: cloud.endpoint,
		});
		expect(file).not.toContain(cloud.operator.secretAccessKey);
	} finally {
		await cloud.forget();
	}
});

test("a second start with the same state says that it runs already", async () => {
	const cloud = await startTiny({ Resources: {} });
	try {
		await expect(startTiny({ Resources: {} }, undefined, { stateDir: join(cloud.folder, "state") })).rejects.toThrow(
			/is running already, as process \d+/,
		);
	} finally {
		await cloud.forget();
	}
});
