import type { CdkLocalOptions } from "../index.ts";
import type { Template } from "../template/assembly.ts";
import { startTestStacks } from "../testing/test-stacks.ts";

export { type TestApp, testFunction, writeAssembly } from "../testing/test-stacks.ts";

/** Runs one stack on free ports, with its own state folder. */
export const startTestApp = (template: Template, handlerSource?: string, options?: Partial<CdkLocalOptions>) =>
	startTestStacks({ tiny: template }, handlerSource, options);

/** Returns a queue policy that allows EventBridge's rules to send messages. */
export const allowRules = (logicalId: string) => ({
	Type: "AWS::SQS::QueuePolicy",
	Properties: {
		Queues: [{ Ref: logicalId }],
		PolicyDocument: {
			Statement: [
				{
					Effect: "Allow",
					Action: "sqs:SendMessage",
					Resource: { "Fn::GetAtt": [logicalId, "Arn"] },
					Principal: { Service: "events.amazonaws.com" },
				},
			],
		},
	},
});

/** Returns a permission for a service to invoke a function. */
export const allowInvoke = (logicalId: string, Principal: string) => ({
	Type: "AWS::Lambda::Permission",
	Properties: { Action: "lambda:InvokeFunction", FunctionName: { Ref: logicalId }, Principal },
});

/** Polls until `look` returns a truthy value; 15 s suffice on a slow machine. */
export async function eventually<T>(look: () => T | Promise<T>, seconds = 15): Promise<NonNullable<T>> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const value = await look();
		if (value) return value as NonNullable<T>;
		if (Date.now() > end) throw new Error(`Not within ${seconds} s.`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
