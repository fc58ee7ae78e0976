import { readFileSync } from "node:fs";
import { DescribeRuleCommand, DisableRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { expect, test } from "vitest";
import { parseSchedule, Schedules } from "../services/eventbridge/schedules.ts";
import { allowInvoke, eventually, startTestApp, testFunction } from "./test-app.ts";

test.each([
	["rate(5 minutes)", "2026-11-20T10:00:30Z", "2026-11-20T10:05:30Z"],
	["rate(1 hour)", "2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"],
	["rate(7 days)", "2026-11-20T10:00:00Z", "2026-11-27T10:00:00Z"],
	["cron(0 12 * * ? *)", "2026-11-20T12:00:00Z", "2026-11-21T12:00:00Z"],
	["cron(0/15 * * * ? *)", "2026-11-20T10:01:00Z", "2026-11-20T10:15:00Z"],
	["cron(30 8 ? * MON-FRI *)", "2026-11-20T09:00:00Z", "2026-11-23T08:30:00Z"],
	["cron(0 0 29 2 ? *)", "2026-11-20T10:00:00Z", "2028-02-29T00:00:00Z"],
	["cron(5 4 1 JAN,JUL ? *)", "2026-11-20T10:00:00Z", "2027-01-01T04:05:00Z"],
])("%s after %s runs at %s", (expression, after, expected) => {
	expect(parseSchedule(expression)(new Date(after))).toEqual(new Date(expected));
});

test.each(["rate(0 minutes)", "every day", "cron(0 12 L * ? *)", "cron(0 12 * *)"])(
	"%s is refused, and the message quotes it",
	(expression) => {
		expect(() => parseSchedule(expression)).toThrow(expression);
	},
);

/** Schedules a run every minute, and counts the runs. */
function everyMinute(isEnabled: () => boolean = () => true) {
	const schedules = new Schedules(() => {});
	const runs = { count: 0 };
	schedules.add({
		name: "often",
		expression: "rate(1 minute)",
		isEnabled,
		targetArn: "arn",
		deliver: () => {
			runs.count += 1;
		},
	});
	return { schedules, runs };
}

test("a schedule that is turned off does not run until it is turned on", () => {
	let enabled = false;
	const { schedules, runs } = everyMinute(() => enabled);
	const later = new Date(Date.now() + 600_000);
	schedules.runDue(later);
	expect(runs.count).toBe(0);
	enabled = true;
	schedules.runDue(later);
	expect(runs.count).toBe(1);
});

test("a schedule that was due several times while the machine slept runs once", () => {
	const { schedules, runs } = everyMinute();
	schedules.runDue(new Date(Date.now() + 20_000));
	expect(runs.count).toBe(0);
	schedules.runDue(new Date(Date.now() + 40_000)); // once soon after the start
	expect(runs.count).toBe(1);
	const later = new Date(Date.now() + 600_000);
	schedules.runDue(later);
	schedules.runDue(later);
	expect(runs.count).toBe(2);
});

test("a scheduled rule invokes its function with AWS's scheduled event, also on demand", async () => {
	const app = await startTestApp(
		{
			Resources: {
				Sweep: testFunction({ FunctionName: "sweep" }),
				OpenSweep: allowInvoke("Sweep", "events.amazonaws.com"),
				Idle: testFunction({ FunctionName: "idle" }),
				Often: {
					Type: "AWS::Events::Rule",
					Properties: {
						ScheduleExpression: "rate(5 minutes)",
						State: "ENABLED",
						Targets: [{ Id: "0", Arn: { "Fn::GetAtt": ["Sweep", "Arn"] } }],
					},
				},
			},
		},
		"export const handler = async (event) => console.log(JSON.stringify(event));",
	);
	try {
		const ran = await app.control("POST", "schedules/Sweep/run");
		expect(ran.status).toBe(202);
		const event = await eventually(() => {
			const log = readFileSync(`${app.folder}/state/logs/sweep.log`, "utf8");
			const line = log.split("\n").find((text) => text.startsWith("{"));
			return line && JSON.parse(line);
		});
		expect(event).toMatchObject({
			source: "aws.events",
			"detail-type": "Scheduled Event",
			region: "eu-central-1",
			detail: {},
		});
		const idle = await app.control("POST", "schedules/Idle/run");
		expect(idle.status).toBe(404);
		const rules = new EventBridgeClient({ region: "eu-central-1", endpoint: app.endpoint, credentials: app.operator });
		const rule = { Name: "tiny-Often" };
		await rules.send(new DisableRuleCommand(rule));
		expect(await rules.send(new DescribeRuleCommand(rule))).toMatchObject({
			ScheduleExpression: "rate(5 minutes)",
			State: "DISABLED",
		});
	} finally {
		await app.destroy();
	}
});
