import { DescribeRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { DeleteDBInstanceCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasMoto, motoAccount, skipNote } from "./moto-account.ts";

describe.skipIf(!hasMoto)(`an environment in an account that nobody uses${skipNote}`, () => {
	const account = motoAccount("eu-south-2");
	const { operate } = account;
	beforeAll(account.forget);
	afterAll(async () => {
		await account.forget();
		account.runner.remove();
	});

	test("a database is stopped with what would fail without it, and both are started again", async () => {
		const DBInstanceIdentifier = `collections-stopped-${Date.now()}`;
		const rules = { schedule: `${DBInstanceIdentifier}-sweeps`, pattern: `${DBInstanceIdentifier}-uploads` };
		await account.createStack("DB", {
			Resources: {
				Database: {
					Type: "AWS::RDS::DBInstance",
					Properties: {
						DBInstanceIdentifier,
						Engine: "postgres",
						DBInstanceClass: "db.t4g.micro",
						AllocatedStorage: "20",
						MasterUsername: "master",
						MasterUserPassword: "not-a-secret",
					},
				},
			},
		});
		await account.createStack("Compute", {
			Resources: {
				CleanupSchedule: {
					Type: "AWS::Events::Rule",
					Properties: { Name: rules.schedule, ScheduleExpression: "rate(5 minutes)", State: "ENABLED" },
				},
				Uploaded: {
					Type: "AWS::Events::Rule",
					Properties: { Name: rules.pattern, EventPattern: { source: ["aws.s3"] }, State: "ENABLED" },
				},
			},
		});
		const rds = new RDSClient(account.client);
		const events = new EventBridgeClient(account.client);
		const state = async () => {
			const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
			const rule = async (Name: string) => (await events.send(new DescribeRuleCommand({ Name }))).State;
			return {
				database: DBInstances?.[0]?.DBInstanceStatus,
				schedule: await rule(rules.schedule),
				pattern: await rule(rules.pattern),
			};
		};
		const unasked = await operate("infra-stop");
		expect(unasked.code).toBe(1);
		expect(unasked.stderr).toContain("YES=1 must give consent");
		expect(await state()).toMatchObject({ database: "available", schedule: "ENABLED" });

		const stopped = await operate("infra-stop", { YES: "1" });
		expect(stopped).toMatchObject({ code: 0, stderr: "" });
		expect(stopped.stdout).toContain("Off until make infra-start ENV=dev: schedules (1), mails of alarms (0).");
		expect(stopped.stdout).toMatch(/RDS starts a stopped database again after seven days, on 20\d\d-\d\d-\d\d/);
		expect(await state()).toEqual({
			database: "stopped",
			schedule: "DISABLED",
			pattern: "ENABLED",
		});
		const again = await operate("infra-stop", { YES: "1" });
		expect(again.code).toBe(0);
		expect(again.stdout).toContain("was stopped already");
		const hours = { from: "08:00", to: "18:00", timezone: "Europe/Berlin" };
		const scheduled = account.variant({ database: { hours } });
		const untilMorning = await scheduled.operate("infra-stop", { YES: "1" });
		expect(untilMorning.stdout).toContain(
			"Off until make infra-start ENV=dev, or the next 08:00 (Europe/Berlin) of a weekday, by database.hours: schedules",
		);
		expect(untilMorning.stdout).not.toContain("seven days");
		expect((await operate("preflight")).stdout).toMatch(/✗ database .* is stopped.* make infra-start ENV=dev first/);

		const started = await operate("infra-start");
		expect(started).toMatchObject({ code: 0, stderr: "" });
		expect(await state()).toEqual({
			database: "available",
			schedule: "ENABLED",
			pattern: "ENABLED",
		});
		expect(started.stdout).not.toContain("database.hours");
		const untilEvening = await scheduled.operate("infra-start", { YES: "1" });
		scheduled.runner.remove();
		expect(untilEvening.stdout).toContain(
			"It runs, and costs, until the next 18:00 (Europe/Berlin) of a weekday, when database.hours stops it.",
		);
		await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
	});
});
