import { expect, test } from "vitest";
import { type Claimed, contracts, ofType, only } from "../synthesized.ts";

/** Claims about alarms. */
export function alarmClaims({ environment, templates, at }: Claimed): void {
	const { Compute, Monitoring } = templates;

	test("have an alarm for every dead-letter queue and every function's errors", () => {
		const alarms = Object.values(ofType(Monitoring, "AWS::CloudWatch::Alarm")).filter(({ Properties }) =>
			/^(Errors|ApproximateNumberOfMessagesVisible)$/.test(Properties.MetricName),
		);
		const watched = alarms.map(({ Properties }) => {
			expect(Properties.AlarmActions.map(at)).toEqual(["Alarms"]);
			expect(Properties.Threshold).toBe(1);
			return `${Properties.MetricName} of ${at(Properties.Dimensions[0].Value)}`;
		});
		const deadLetters = Object.keys(ofType(Compute, "AWS::SQS::Queue")).filter((queue) => !queue.endsWith("Queue"));
		expect(deadLetters).toHaveLength(7);
		expect(watched.sort()).toEqual(
			[
				...deadLetters.map((queue) => `ApproximateNumberOfMessagesVisible of ${queue}.QueueName`),
				...Object.keys(contracts).map((fn) => `Errors of ${fn}`),
			].sort(),
		);
		expect(only(Monitoring, "AWS::SNS::Subscription").Endpoint).toBe(environment.alarmEmail);
		const policy = JSON.stringify(only(Monitoring, "AWS::SNS::TopicPolicy"));
		expect(policy).toContain("cloudwatch.amazonaws.com");
	});
}
