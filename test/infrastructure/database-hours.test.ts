import { expect, test } from "vitest";
import { middleInUtc, windowsInUtc } from "#lib/hours.ts";
import { upkeepAlarms } from "#lib/monitoring/upkeep-alarms.ts";
import { ofType, only, pointsAt, type Resource, synthesize, templatesOf } from "./synthesized.ts";

const templates = synthesize("dev", ({ dev }) => {
	dev.database = { hours: { from: "07:45", to: "19:30", timezone: "Europe/Berlin" } };
});
const at = (value: unknown) => pointsAt(templates, value);
const schedules = Object.values(ofType(templates.Monitoring, "AWS::Scheduler::Schedule"));
const called = ({ Properties }: Resource) => at(Properties.Target.Arn).split(":aws-sdk:")[1];

test("hours stop the database after the last sweep, and start it before the first", () => {
	const times = schedules.map((schedule) => [
		`${called(schedule)} ${at(schedule.Properties.Target.Input)}`,
		schedule.Properties.ScheduleExpression,
	]);
	const alarms = `{"AlarmNames":[${upkeepAlarms.map((name) => `"${name}"`)}]}`;
	expect(Object.fromEntries(times)).toEqual({
		[`cloudwatch:disableAlarmActions ${alarms}`]: "cron(30 19 ? * MON-FRI *)",
		'eventbridge:disableRule {"Name":"CleanupSchedule"}': "cron(30 19 ? * MON-FRI *)",
		'eventbridge:disableRule {"Name":"RotationSchedule"}': "cron(30 19 ? * MON-FRI *)",
		'eventbridge:disableRule {"Name":"SessionSchedule"}': "cron(30 19 ? * MON-FRI *)",
		'rds:stopDBInstance {"DbInstanceIdentifier":"Database"}': "cron(35 19 ? * MON-FRI *)",
		'rds:startDBInstance {"DbInstanceIdentifier":"Database"}': "cron(45 7 ? * MON-FRI *)",
		'eventbridge:enableRule {"Name":"CleanupSchedule"}': "cron(5 8 ? * MON-FRI *)",
		'eventbridge:enableRule {"Name":"RotationSchedule"}': "cron(5 8 ? * MON-FRI *)",
		'eventbridge:enableRule {"Name":"SessionSchedule"}': "cron(5 8 ? * MON-FRI *)",
		[`cloudwatch:enableAlarmActions ${alarms}`]: "cron(5 8 ? * MON-FRI *)",
	});
	for (const { Properties } of schedules) {
		expect(Properties.ScheduleExpressionTimezone).toBe("Europe/Berlin");
		// A stop that fails must not be tried again when the database runs.
		expect(Properties.Target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(600);
	}
});

test("hours let their role make these calls alone, on these resources alone", () => {
	const statements = Object.values(ofType(templates.Monitoring, "AWS::IAM::Policy")).flatMap(
		({ Properties }) => Properties.PolicyDocument.Statement,
	);
	const allowed = statements.map(({ Action, Resource }) => [Action.sort(), [Resource].flat().map(at).sort()]);
	expect(allowed).toEqual([
		[["rds:StartDBInstance", "rds:StopDBInstance"], ["arn:aws:rds:us-east-1:AWS::AccountId:db:Database"]],
		[
			["events:DisableRule", "events:EnableRule"],
			["CleanupSchedule", "RotationSchedule", "SessionSchedule"],
		],
		[["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions"], [...upkeepAlarms].sort()],
	]);
	const actions = allowed.flatMap(([names]) => names as string[]).map((name) => name.toLowerCase());
	const calls = schedules.map((schedule) => called(schedule)?.toLowerCase().replace("eventbridge", "events"));
	expect([...new Set(calls)].sort()).toEqual(actions.sort());
});

test("hours can be removed again: what they use is exported without them, too", () => {
	const shipped = templatesOf("dev");
	for (const part of ["DB", "Compute"] as const) {
		expect(templates[part].Outputs, part).toEqual(shipped[part].Outputs);
	}
	const exported = Object.values({ ...shipped.DB.Outputs, ...shipped.Compute.Outputs }).flatMap(({ Export, Value }) =>
		Export ? at(Value) : [],
	);
	for (const rule of ["RotationSchedule", "CleanupSchedule", "SessionSchedule"]) {
		expect(
			exported.filter((value) => value === rule),
			rule,
		).toHaveLength(2); // its name and its ARN
	}
});

test("hours of every day run at weekends, too", () => {
	const { Monitoring } = synthesize("test", ({ test }) => {
		Object.assign(test.database, { hours: { from: "08:00", to: "20:00", days: "every day" } });
	});
	const expressions = Object.values(ofType(Monitoring, "AWS::Scheduler::Schedule")).map(
		({ Properties }) => Properties.ScheduleExpression,
	);
	expect(expressions).toHaveLength(10);
	for (const expression of expressions) expect(expression).toMatch(/^cron\(\d+ \d+ \* \* \? \*\)$/);
});

test("hours have the monthly rotation in their middle, on a day that is a weekday in every time zone", () => {
	const { ScheduleExpression } = ofType(templates.DB, "AWS::Events::Rule").RotationSchedule?.Properties ?? {};
	// 13:37 in Berlin.
	expect(ScheduleExpression).toBe("cron(37 12 ? * 4#1 *)");
	const at = (timezone: string) => Object.values(middleInUtc({ from: "08:00", to: "18:00", timezone }));
	expect(at("UTC")).toEqual([13, 0]);
	expect(at("Asia/Kolkata")).toEqual([7, 30]);
	expect(at("America/Los_Angeles")).toEqual([21, 0]);
	expect(at("Pacific/Auckland")).toEqual([0, 0]);
});

test("hours have RDS's backup and maintenance within them, since it makes neither of a stopped database", () => {
	expect(only(templates.DB, "AWS::RDS::DBInstance")).toMatchObject({
		// 08:05 in Berlin in winter, 09:05 in summer.
		PreferredBackupWindow: "07:05-07:35",
		PreferredMaintenanceWindow: "tue:07:35-tue:08:05",
	});
	// RDS chooses where the database always runs.
	const shipped = only(templatesOf("dev").DB, "AWS::RDS::DBInstance");
	expect(shipped).not.toHaveProperty("PreferredBackupWindow");
	expect(shipped).not.toHaveProperty("PreferredMaintenanceWindow");
});

test("backup and maintenance are within the shortest hours in every time zone, in summer and winter, one after the other", () => {
	const hours = { from: "08:00", to: "11:00" };
	for (const timezone of ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland"]) {
		const { backup, maintenance } = windowsInUtc({ ...hours, timezone });
		const [day, begin, end] = maintenance.match(/^(tue):(\d\d:\d\d)-\w{3}:(\d\d:\d\d)$/)?.slice(1) ?? [];
		expect(day, timezone).toBe("tue");
		expect(backup.split("-")[1], timezone).toBe(begin);
		for (const date of ["2026-01-06", "2026-07-07"]) {
			const localTimes = [backup.split("-")[0], begin, end].map((time) =>
				new Date(`${date}T${time}:00Z`).toLocaleTimeString("en-GB", { timeZone: timezone }),
			);
			expect(localTimes, `${timezone}, ${date}`).toEqual([...localTimes].sort());
			expect(
				(localTimes[0] ?? "") >= "08:20:00" && (localTimes[2] ?? "") <= "10:55:00",
				`${localTimes} in ${timezone}`,
			).toBe(true);
		}
	}
	expect(windowsInUtc({ from: "22:50", timezone: "UTC" })).toEqual({
		backup: "23:10-23:40",
		maintenance: "tue:23:40-wed:00:10",
	});
});
