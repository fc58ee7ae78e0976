import type { StackResourceSummary } from "@aws-sdk/client-cloudformation";
import { afterAll, beforeAll, expect, test } from "vitest";
import { switchUpkeep } from "#scripts/deploy/database-instance.ts";
import type { Target } from "#scripts/environment/target.ts";
import { serveAccount } from "./account-server.ts";

let account: Awaited<ReturnType<typeof serveAccount>>;
beforeAll(async () => {
	account = await serveAccount();
	Object.assign(process.env, account.capacity);
});
afterAll(() => {
	for (const name of Object.keys(account.capacity)) delete process.env[name];
	account.close();
});

test("the mails of the alarms that a stopped database sets off are turned off and on, and of no other", async () => {
	const alarm = (name: string) =>
		({
			ResourceType: "AWS::CloudWatch::Alarm",
			LogicalResourceId: `${name}0A1B2C3D`,
			PhysicalResourceId: `Monitoring-${name}`,
		}) as StackResourceSummary;
	const resources = [
		"WaitingItems",
		"CleanupDeadLetters",
		"DatabaseConnectionErrors",
		"ApiFailures",
		"DatabaseConnections",
	].map(alarm);
	const credentials = { accessKeyId: "any", secretAccessKey: "any" };
	const target = { isLocal: false, client: { region: "eu-central-1", credentials } } as Target;
	const mails = () => Object.fromEntries(account.alarms);
	for (const on of [false, true]) {
		expect(await switchUpkeep(target, resources, on)).toEqual({ schedules: 0, alarms: 3 });
		expect(mails()).toEqual({
			"Monitoring-WaitingItems": on,
			"Monitoring-CleanupDeadLetters": on,
			"Monitoring-DatabaseConnectionErrors": on,
		});
	}
	account.is({ denied: ["DisableAlarmActions"] });
	await expect(switchUpkeep(target, resources, false)).rejects.toMatchObject({
		message: "User: tester is not authorized to perform: DisableAlarmActions",
	});
});
