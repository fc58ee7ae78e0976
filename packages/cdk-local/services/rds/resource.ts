import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { ignored, resource, tags } from "../../template/resource.ts";

const notOperated = ignored("the database's files are the machine's");

export const dbInstance = resource(
	{
		Engine: z.literal("postgres"),
		DBName: z.string().default("postgres"),
		MasterUsername: z.string().default("postgres"),
		ManageMasterUserPassword: z.union([z.literal(true), z.literal("true")]),
		DBInstanceIdentifier: z.string().optional(),
		Port: ignored("a free one is taken"),
		EngineVersion: notOperated,
		DBInstanceClass: notOperated,
		AllocatedStorage: notOperated,
		MaxAllocatedStorage: notOperated,
		StorageType: notOperated,
		StorageEncrypted: notOperated,
		Iops: notOperated,
		KmsKeyId: notOperated,
		MasterUserSecret: notOperated,
		BackupRetentionPeriod: notOperated,
		PreferredBackupWindow: notOperated,
		PreferredMaintenanceWindow: notOperated,
		CopyTagsToSnapshot: notOperated,
		DeleteAutomatedBackups: notOperated,
		DeletionProtection: notOperated,
		MultiAZ: notOperated,
		AvailabilityZone: notOperated,
		AutoMinorVersionUpgrade: notOperated,
		AllowMajorVersionUpgrade: notOperated,
		EnablePerformanceInsights: notOperated,
		DatabaseInsightsMode: notOperated,
		PerformanceInsightsRetentionPeriod: notOperated,
		PerformanceInsightsKMSKeyId: notOperated,
		MonitoringInterval: notOperated,
		MonitoringRoleArn: notOperated,
		EnableCloudwatchLogsExports: notOperated,
		EnableIAMDatabaseAuthentication: notOperated,
		CACertificateIdentifier: notOperated,
		DBParameterGroupName: notOperated,
		DBSubnetGroupName: notOperated,
		VPCSecurityGroups: notOperated,
		PubliclyAccessible: notOperated,
		Tags: tags,
	},
	async (properties, { stores, logicalId, physicalName }) => {
		const name = properties.DBInstanceIdentifier ?? physicalName(63);
		const { database, secrets } = stores;
		// RDS would generate this secret. Each native PostgreSQL has its own password, so its own secret.
		const postgres = createHash("sha256").update(database.identity).digest("hex");
		const { arn } = secrets.ensure(`rds!db-${name}-${postgres.slice(0, 8)}`, () =>
			JSON.stringify(database.masterSecret(properties.MasterUsername, randomBytes(24).toString("base64url"))),
		);
		const { host, port } = await database.start(properties.DBName, JSON.parse(secrets.value(arn)), name);
		return {
			ref: name,
			attributes: {
				DBInstanceArn: stores.state.arn("rds", `db:${name}`),
				DbiResourceId: `db-${logicalId}`,
				"Endpoint.Address": host,
				"Endpoint.Port": String(port),
				"MasterUserSecret.SecretArn": arn,
			},
		};
	},
);
