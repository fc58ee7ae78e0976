import { expect, test } from "vitest";
import { rotation } from "#lambdas/migrate/schedule.ts";
import { type Claimed, ofType, only, type Resource, type Template } from "../synthesized.ts";

const keyName = ({ AttributeName }: { AttributeName: string }) => AttributeName;

/** The properties of Postgres by the environment's mode of Database Insights. */
export const insights = {
	off: { DatabaseInsightsMode: "standard", EnablePerformanceInsights: false },
	standard: {
		DatabaseInsightsMode: "standard",
		EnablePerformanceInsights: true,
		PerformanceInsightsRetentionPeriod: 7,
	},
	advanced: {
		DatabaseInsightsMode: "advanced",
		EnablePerformanceInsights: true,
		PerformanceInsightsRetentionPeriod: 465,
	},
};

/** Asserts that a resource waits for the gateway's attachment and for each public subnet's route to it. */
export function expectConnected({ Resources }: Template, { DependsOn = [] }: Partial<Resource> = {}): void {
	const awaited = DependsOn.map((id) => Resources[id]);
	const count = (type: string) => awaited.filter((resource) => resource?.Type === type).length;
	const routes = Object.entries(Resources).filter(
		([, { Properties }]) => Properties?.GatewayId && Properties.RouteTableId,
	);
	expect(routes.length).toBeGreaterThan(1);
	expect(DependsOn).toEqual(expect.arrayContaining(routes.map(([id]) => id)));
	expect(count("AWS::EC2::SubnetRouteTableAssociation")).toBe(routes.length);
	for (const [, route] of routes) {
		const gateway = route.DependsOn?.map((id) => Resources[id]?.Type);
		expect(gateway).toContain("AWS::EC2::VPCGatewayAttachment");
	}
}

/** Claims about Postgres and the chat table: access, encryption, backup. */
export function databaseClaims({ environment, templates, at, functions }: Claimed): void {
	const { DB } = templates;

	test("open Postgres to the internet only where that is acknowledged", () => {
		const { SecurityGroupIngress: inline = [] } =
			ofType(DB, "AWS::EC2::SecurityGroup").NetworkDatabase?.Properties ?? {};
		const instance = only(DB, "AWS::RDS::DBInstance");
		if (environment.network.mode === "public") {
			expect(environment.network.acknowledgePublicDatabase).toBe(true);
			expect(inline).toMatchObject([{ CidrIp: "0.0.0.0/0", FromPort: 5432, ToPort: 5432 }]);
			expect(instance.PubliclyAccessible).toBe(true);
		} else {
			expect(inline).toEqual([]);
			expect(instance.PubliclyAccessible).toBe(false);
			const [rule] = Object.values(ofType(DB, "AWS::EC2::SecurityGroupIngress"));
			expect(at(rule?.Properties.SourceSecurityGroupId)).toBe("NetworkFunctions.GroupId");
			for (const { Properties } of Object.values(functions)) {
				expect(Properties.VpcConfig.SecurityGroupIds.map(at)).toEqual(["NetworkFunctions.GroupId"]);
				for (const subnet of Properties.VpcConfig.SubnetIds.map(at)) {
					expect(subnet).toContain("NetworkVpcFunctionsSubnet");
				}
			}
			const database = only(DB, "AWS::RDS::DBSubnetGroup").SubnetIds.map(at);
			expect(database.join()).toMatch(/^(NetworkVpcDatabaseSubnet\dSubnet,?)+$/);
		}
	});

	test("give Postgres a public address after the gateway's attachment and routes, and take it back before them", () => {
		const [instance] = Object.values(ofType(DB, "AWS::RDS::DBInstance"));
		if (environment.network.mode === "public") expectConnected(DB, instance);
		expect(instance?.Properties.PubliclyAccessible).toBe(environment.network.mode === "public");
	});

	test("run an encrypted, backed-up Postgres 17 that refuses connections without TLS", () => {
		const instance = only(DB, "AWS::RDS::DBInstance");
		expect(instance).toMatchObject({
			Engine: "postgres",
			EngineVersion: "17",
			StorageType: "gp3",
			StorageEncrypted: true,
			DBInstanceClass: environment.database.instanceClass,
			BackupRetentionPeriod: environment.database.backupDays,
			MultiAZ: environment.database.multiAz,
			DeletionProtection: environment.deletionProtection,
		});
		expect(at(instance.DBParameterGroupName)).toBe("DatabaseParameters");
		expect(only(DB, "AWS::RDS::DBParameterGroup").Parameters["rds.force_ssl"]).toBe("1");
	});

	test("rotate the passwords every month by the function that reads the master's secret, and keep what failed", () => {
		const schedule = ofType(DB, "AWS::Events::Rule").RotationSchedule?.Properties;
		expect(schedule.ScheduleExpression).toBe("cron(30 3 1 * ? *)");
		expect(schedule.State).toBe("ENABLED");
		const [target, ...others] = schedule.Targets;
		expect(others).toEqual([]);
		expect(at(target.Arn)).toBe("MigrateFunction");
		expect(JSON.parse(target.Input)).toEqual(rotation);
		expect(at(target.DeadLetterConfig.Arn)).toBe("FailedRotations");
		expect(at(functions.MigrateFunction?.Properties.DeadLetterConfig.TargetArn)).toBe("FailedRotations");
	});

	test("send Postgres's log, with each connection, to CloudWatch, and keep it as long as every log", () => {
		const [instance] = Object.values(ofType(DB, "AWS::RDS::DBInstance"));
		expect(instance?.Properties.EnableCloudwatchLogsExports).toEqual(["postgresql"]);
		const { log_connections, log_error_verbosity } = only(DB, "AWS::RDS::DBParameterGroup").Parameters;
		expect(log_connections).toBe("1");
		expect(log_error_verbosity).toBe("terse");
		const [[id, log] = [], ...others] = Object.entries(DB.Resources).filter(
			([, { Type, Properties }]) => Type === "AWS::Logs::LogGroup" && Properties.LogGroupName,
		);
		expect(others).toEqual([]);
		expect(log?.Properties.LogGroupName).toBe(
			`/aws/rds/instance/${instance?.Properties.DBInstanceIdentifier}/postgresql`,
		);
		expect(log?.Properties.RetentionInDays).toBe(environment.logRetentionDays);
		// RDS would make the group, without an end, if the instance came first.
		expect(instance?.DependsOn).toContain(id);
	});

	test("name the mode of Database Insights, whose default AWS may change", () => {
		expect(only(DB, "AWS::RDS::DBInstance")).toMatchObject(insights[environment.database.insights]);
	});

	test("have the checkpoint table's final keys", () => {
		const table = only(DB, "AWS::DynamoDB::Table");
		expect(table.KeySchema.map(keyName)).toEqual(["pk", "sk"]);
		const [index, ...others] = table.GlobalSecondaryIndexes;
		expect(others).toEqual([]);
		expect([index.IndexName, ...index.KeySchema.map(keyName)]).toEqual(["gsi1", "gsi1pk", "gsi1sk"]);
		expect(table.TimeToLiveSpecification).toEqual({
			AttributeName: "expires_at",
			Enabled: true,
		});
		expect(table.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
	});
}
