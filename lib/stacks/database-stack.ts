import { CfnDeletionPolicy, RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table } from "aws-cdk-lib/aws-dynamodb";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { CfnDBInstance, type CfnDBInstanceProps, CfnDBParameterGroup, CfnDBSubnetGroup } from "aws-cdk-lib/aws-rds";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import type { GroupEnv } from "#lambda-kit/env.ts";
import { acknowledge, EnvironmentStack, outlivesItsStack } from "../constructs/environment-stack.ts";
import { Network } from "../constructs/network.ts";
import type { FunctionNetwork, NodeFunction } from "../constructs/node-function.ts";
import { exportScheduledRules } from "../constructs/scheduled-rules.ts";
import { databaseIdentifier, type Environment, postgresLogGroup } from "../environments.ts";
import { migrateFunction } from "../functions/migrate.ts";
import { windowsInUtc } from "../hours.ts";

const databaseName = "collections";

/** Modes of Database Insights. Each is named, since AWS has changed the default. */
const insights = {
	off: { databaseInsightsMode: "standard", enablePerformanceInsights: false },
	standard: {
		databaseInsightsMode: "standard",
		enablePerformanceInsights: true,
		performanceInsightsRetentionPeriod: 7,
	},
	advanced: {
		databaseInsightsMode: "advanced",
		enablePerformanceInsights: true,
		performanceInsightsRetentionPeriod: 465,
	},
} satisfies Record<Environment["database"]["insights"], Partial<CfnDBInstanceProps>>;

interface DatabaseStackProps {
	environment: Environment;
	/** The folder of the function that migrates. */
	migrateBundle: string;
}

/** The network, Postgres with its logins, the checkpoint table, and the function that migrates. */
export class DatabaseStack extends EnvironmentStack {
	/** Tells a function the address of Postgres and the secret of its login. */
	readonly variables: GroupEnv<"database">;
	readonly applicationSecret: Secret;
	readonly checkpoints: Table;
	/** Names the instance in its metrics. */
	readonly instanceIdentifier: string;
	/** The network of functions that talk to Postgres; undefined where they have none. */
	readonly functionNetwork: FunctionNetwork | undefined;
	readonly migrate: NodeFunction;
	/** Rotations of the passwords that failed. */
	readonly failedRotations: Queue;

	constructor(scope: Construct, { environment, migrateBundle }: DatabaseStackProps) {
		super(scope, "DB", environment);
		const network = new Network(this, "Network", environment);
		this.functionNetwork = network.functions;
		const instance = this.postgres(environment, network);
		this.instanceIdentifier = instance.ref;
		this.applicationSecret = this.login("ApplicationSecret", "collections_app");
		const migrationSecret = this.login("MigrationSecret", "collections_migration");
		this.checkpoints = this.checkpointTable(environment);

		const location = {
			DATABASE_HOST: instance.attrEndpointAddress,
			DATABASE_PORT: instance.attrEndpointPort,
			DATABASE_NAME: databaseName,
			DATABASE_TLS: environment.database.tls,
		};
		this.variables = {
			...location,
			DATABASE_SECRET_ARN: this.applicationSecret.secretArn,
		};

		const { migrate, failedRotations } = migrateFunction(this, {
			environment,
			bundle: migrateBundle,
			network: network.functions,
			variables: {
				...location,
				MASTER_SECRET_ARN: instance.attrMasterUserSecretSecretArn,
				APPLICATION_SECRET_ARN: this.applicationSecret.secretArn,
				MIGRATION_SECRET_ARN: migrationSecret.secretArn,
			},
		});
		this.migrate = migrate;
		this.failedRotations = failedRotations;
		exportScheduledRules(this);

		this.output("Environment", environment.name);
		this.output("Region", this.region);
		this.output("DatabaseEndpoint", `${instance.attrEndpointAddress}:${instance.attrEndpointPort}`);
		this.output("DatabaseName", databaseName);
		this.output("DatabaseSecretArn", this.applicationSecret.secretArn);
		this.output("CheckpointTableName", this.checkpoints.tableName);
		if (network.bastion) {
			this.output("BastionInstanceId", network.bastion.instanceId);
		}
		this.output("MigrationFunctionName", this.migrate.function.functionName);
		this.output("FailedRotationQueueUrl", failedRotations.queueUrl);
	}

	private postgres(environment: Environment, network: Network): CfnDBInstance {
		const { database, deletionProtection, logRetentionDays } = environment;
		const isPublic = environment.network.mode === "public";
		const windows = database.hours && windowsInUtc(database.hours);
		const { subnetIds, internetConnectivityEstablished } = network.vpc.selectSubnets(network.databaseSubnets);
		const subnets = new CfnDBSubnetGroup(this, "DatabaseSubnets", {
			dbSubnetGroupDescription: "Where Postgres stands",
			subnetIds,
		});
		const parameters = new CfnDBParameterGroup(this, "DatabaseParameters", {
			family: "postgres17",
			description: "Refuses connections without TLS",
			// Terse: the details of an error hold values of rows.
			parameters: { "rds.force_ssl": "1", log_connections: "1", log_error_verbosity: "terse" },
		});
		// RDS would make the group when it has something to write, and keep it forever.
		const log = new LogGroup(this, "DatabaseLog", {
			logGroupName: postgresLogGroup(environment),
			retention: logRetentionDays,
			removalPolicy: RemovalPolicy.DESTROY,
		});
		const instance = new CfnDBInstance(this, "Database", {
			// The log group's name contains it. It also makes CloudFormation refuse a change that would replace the database.
			dbInstanceIdentifier: databaseIdentifier(environment),
			engine: "postgres",
			// Major only: RDS retires minor versions and would refuse the template then.
			engineVersion: "17",
			autoMinorVersionUpgrade: true,
			dbInstanceClass: database.instanceClass,
			allocatedStorage: String(database.storageGb),
			storageType: "gp3",
			storageEncrypted: true,
			dbName: databaseName,
			masterUsername: "collections_master",
			manageMasterUserPassword: true,
			dbParameterGroupName: parameters.ref,
			dbSubnetGroupName: subnets.ref,
			vpcSecurityGroups: [network.databaseSecurityGroup.securityGroupId],
			publiclyAccessible: isPublic,
			multiAz: database.multiAz,
			backupRetentionPeriod: database.backupDays,
			// Without windows RDS takes some of the region's night, when a database with hours is stopped, and has no backup.
			...(windows && {
				preferredBackupWindow: windows.backup,
				preferredMaintenanceWindow: windows.maintenance,
			}),
			copyTagsToSnapshot: true,
			deletionProtection,
			enableCloudwatchLogsExports: ["postgresql"],
			...insights[database.insights],
		});
		instance.cfnOptions.deletionPolicy = CfnDeletionPolicy.SNAPSHOT;
		instance.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.SNAPSHOT;
		// A public address needs the gateway's attachment and the routes to it until it is deleted. The VPC's own
		// internetConnectivityEstablished is the gateway alone.
		instance.node.addDependency(internetConnectivityEstablished, log);
		acknowledge(instance, {
			"AwsSolutions-RDS11": "The port is the one every Postgres tool expects; another would hide it from nobody.",
			...(isPublic && {
				"CloudFormation-Validate::W9011": "Acknowledged as acknowledgePublicDatabase in cdk.json.",
			}),
			...(!database.multiAz && {
				"AwsSolutions-RDS3":
					"A standby doubles the price; this environment may be down for the minutes a restart takes.",
			}),
			...(!deletionProtection && {
				"AwsSolutions-RDS10": "This environment can be removed; a snapshot remains.",
			}),
		});
		return instance;
	}

	/**
	 * Makes a role's login with a generated password, which the migration function gives to the role. Its rotations replace both,
	 * so a change of this template, which would generate a password anew, locks the functions out until the next migration.
	 */
	private login(id: string, username: string): Secret {
		const secret = new Secret(this, id, {
			description: `Login of the Postgres role ${username}`,
			generateSecretString: {
				secretStringTemplate: JSON.stringify({ username }),
				generateStringKey: "password",
				passwordLength: 40,
				excludePunctuation: true,
			},
		});
		acknowledge(secret, {
			"AwsSolutions-SMG4":
				"The migration function rotates it every month; Secrets Manager's own schedule would take one more function in the network.",
		});
		return secret;
	}

	/** Stores chat sessions and their checkpoints. Keys of a table cannot be changed later. */
	private checkpointTable(environment: Environment): Table {
		const table = new Table(this, "Checkpoints", {
			partitionKey: { name: "pk", type: AttributeType.STRING },
			sortKey: { name: "sk", type: AttributeType.STRING },
			timeToLiveAttribute: "expires_at",
			billingMode: BillingMode.PAY_PER_REQUEST,
			pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
			deletionProtection: environment.deletionProtection,
			removalPolicy: outlivesItsStack(environment),
		});
		// Lists a user's sessions by last activity; only session items have these attributes.
		table.addGlobalSecondaryIndex({
			indexName: "gsi1",
			partitionKey: { name: "gsi1pk", type: AttributeType.STRING },
			sortKey: { name: "gsi1sk", type: AttributeType.STRING },
			projectionType: ProjectionType.ALL,
		});
		return table;
	}
}
