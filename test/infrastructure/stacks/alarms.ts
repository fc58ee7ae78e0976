import { expect, test } from "vitest";
import { upkeepAlarms } from "#lib/monitoring/upkeep-alarms.ts";
import { type Claimed, contracts, ofType, only } from "../synthesized.ts";

/** Claims about alarms. */
export function alarmClaims({ environment, templates, at }: Claimed): void {
	const { DB, Compute, Monitoring } = templates;

	test("have an alarm for every dead-letter queue and for the errors of every function without one", () => {
		const alarms = Object.values(ofType(Monitoring, "AWS::CloudWatch::Alarm")).filter(({ Properties }) =>
			/^(Errors|ApproximateNumberOfMessagesVisible)$/.test(Properties.MetricName),
		);
		const watched = alarms.map(({ Properties }) => {
			expect(Properties.AlarmActions.map(at)).toEqual(["Alarms"]);
			expect(Properties.Threshold).toBe(1);
			return `${Properties.MetricName} of ${at(Properties.Dimensions[0].Value)}`;
		});
		const deadLetters = [DB, Compute]
			.flatMap((template) => Object.keys(ofType(template, "AWS::SQS::Queue")))
			.filter((queue) => !queue.endsWith("Queue"));
		expect(deadLetters).toHaveLength(12);
		expect(watched.sort()).toEqual(
			[
				...deadLetters.map((queue) => `ApproximateNumberOfMessagesVisible of ${queue}.QueueName`),
				...Object.keys(contracts)
					// Their failed runs become dead letters.
					.filter((fn) => !/^(Migrate|Cleanup|JobsWorker|WebhooksWorker)Function$/.test(fn))
					.map((fn) => `Errors of ${fn}`),
			].sort(),
		);
		expect(only(Monitoring, "AWS::SNS::Subscription").Endpoint).toBe(environment.alarmEmail);
		const policy = JSON.stringify(only(Monitoring, "AWS::SNS::TopicPolicy"));
		expect(policy).toContain("cloudwatch.amazonaws.com");
	});

	test("have each alarm that make infra-stop turns off under the name by which it finds it", () => {
		const alarms = Object.keys(ofType(Monitoring, "AWS::CloudWatch::Alarm"));
		const disturbing = alarms.filter((name) => /Cleanup|Waiting|DatabaseConnectionErrors/.test(name));
		expect(disturbing.sort()).toEqual([...upkeepAlarms].sort());
	});

	test("run the database at every hour: no environment ships with hours", () => {
		expect(environment.database.hours).toBeNull();
		expect(ofType(Monitoring, "AWS::Scheduler::Schedule")).toEqual({});
	});
}
