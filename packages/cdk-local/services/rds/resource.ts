import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { ignored, resource, tags } from "../../template/resource.ts";

const operations = ignored("the database's files are the machine's");

export const dbInstance = resource(
	{
		Engine: z.literal("postgres"),
		DBName: z.string().default("postgres"),
		MasterUsername: z.string().default("postgres"),
		ManageMasterUserPassword: z.union([z.literal(true), z.literal("true")]),
		DBInstanceIdentifier: z.string().optional(),
		Port: ignored("a free one is chosen"),
		EngineVersion: operations,
		DBInstanceClass: operations,
		AllocatedStorage: operations,
		MaxAllocatedStorage: operations,
		StorageType: operations,
		StorageEncrypted: operations,
		Iops: operations,
		KmsKeyId: operations,
		MasterUserSecret: operations,
		BackupRetentionPeriod: operations,
		PreferredBackupWindow: operations,
		PreferredMaintenanceWindow: operations,
		CopyTagsToSnapshot: operations,
		DeleteAutomatedBackups: operations,
		DeletionProtection: operations,
		MultiAZ: operations,
		AvailabilityZone: operations,
		AutoMinorVersionUpgrade: operations,
		AllowMajorVersionUpgrade: operations,
		EnablePerformanceInsights: operations,
		DatabaseInsightsMode: operations,
		PerformanceInsightsRetentionPeriod: operations,
		PerformanceInsightsKMSKeyId: operations,
		MonitoringInterval: operations,
		MonitoringRoleArn: operations,
		EnableCloudwatchLogsExports: operations,
		EnableIAMDatabaseAuthentication: operations,
		CACertificateIdentifier: operations,
		DBParameterGroupName: operations,
		DBSubnetGroupName: operations,
		VPCSecurityGroups: operations,
		PubliclyAccessible: operations,
		Tags: tags,
	},
	async (properties, { services, logicalId, physicalName }) => {
		const name = properties.DBInstanceIdentifier ?? physicalName(63);
		const { database, secrets } = services;
		// RDS generates and keeps this secret itself. A native Postgres has its own password, so its own secret.
		const postgres = createHash("sha256")
			.update(database.identity)
			.digest("hex");
		const { arn } = secrets.ensure(
			`rds!db-${name}-${postgres.slice(0, 8)}`,
			() =>
				JSON.stringify(
					database.masterSecret(
						properties.MasterUsername,
						randomBytes(24).toString("base64url"),
					),
				),
		);
		const { host, port } = await database.start(
			properties.DBName,
			JSON.parse(secrets.value(arn)),
		);
		return {
			ref: name,
			attributes: {
				DBInstanceArn: services.state.arn("rds", `db:${name}`),
				DbiResourceId: `db-${logicalId}`,
				"Endpoint.Address": host,
				"Endpoint.Port": String(port),
				"MasterUserSecret.SecretArn": arn,
			},
		};
	},
);
