import { CfnDeletionPolicy, RemovalPolicy } from "aws-cdk-lib";
import {
	AttributeType,
	BillingMode,
	ProjectionType,
	Table,
} from "aws-cdk-lib/aws-dynamodb";
import {
	CfnDBInstance,
	CfnDBParameterGroup,
	CfnDBSubnetGroup,
} from "aws-cdk-lib/aws-rds";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { databaseEnv, Env } from "#lambda-kit/env.ts";
import { migrateEnv } from "#lambdas/migrate/env.ts";
import {
	acknowledge,
	EnvironmentStack,
} from "../constructs/environment-stack.ts";
import { Network } from "../constructs/network.ts";
import {
	type FunctionNetwork,
	NodeFunction,
} from "../constructs/node-function.ts";
import type { Environment } from "../environments.ts";

const databaseName = "collections";

export interface DatabaseStackProps {
	environment: Environment;
	/** The folder of the function that migrates. */
	migrateBundle: string;
}

/** What must survive and what reaches it: network, Postgres with its secrets, checkpoint table, migrations. */
export class DatabaseStack extends EnvironmentStack {
	/** How a function is told where Postgres is and as whom to log in. */
	readonly variables: Env<typeof databaseEnv>;
	readonly applicationSecret: Secret;
	readonly checkpoints: Table;
	/** By which metrics name the instance. */
	readonly instanceIdentifier: string;
	/** Where functions that talk to Postgres run; undefined outside any network. */
	readonly functionNetwork: FunctionNetwork | undefined;
	readonly migrate: NodeFunction<typeof migrateEnv>;

	constructor(
		scope: Construct,
		{ environment, migrateBundle }: DatabaseStackProps,
	) {
		super(scope, "DB", environment);
		const network = new Network(this, "Network", environment);
		this.functionNetwork = network.functions;
		const instance = this.postgres(environment, network);
		this.instanceIdentifier = instance.ref;
		this.applicationSecret = this.login("ApplicationSecret", "collections_app");
		const migrationSecret = this.login(
			"MigrationSecret",
			"collections_migration",
		);
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

		const masterSecretArn = instance.attrMasterUserSecretSecretArn;
		this.migrate = new NodeFunction(this, "Migrate", "migrate", {
			environment,
			bundle: migrateBundle,
			contract: migrateEnv,
			variables: {
				...location,
				ENVIRONMENT: environment.name,
				MASTER_SECRET_ARN: masterSecretArn,
				APPLICATION_SECRET_ARN: this.applicationSecret.secretArn,
				MIGRATION_SECRET_ARN: migrationSecret.secretArn,
			},
			network: network.functions,
		});
		// Creates both roles as the master, gives them their passwords, then migrates as its own role.
		this.migrate.allow(
			["secretsmanager:GetSecretValue"],
			[
				masterSecretArn,
				this.applicationSecret.secretArn,
				migrationSecret.secretArn,
			],
		);

		this.output("Environment", environment.name);
		this.output("Region", this.region);
		this.output(
			"DatabaseEndpoint",
			`${instance.attrEndpointAddress}:${instance.attrEndpointPort}`,
		);
		this.output("DatabaseName", databaseName);
		this.output("DatabaseSecretArn", this.applicationSecret.secretArn);
		this.output("CheckpointTableName", this.checkpoints.tableName);
		if (network.bastion) {
			this.output("BastionInstanceId", network.bastion.instanceId);
		}
		this.output("MigrationFunctionName", this.migrate.function.functionName);
	}

	private postgres(
		{ database, deletionProtection, network: { mode } }: Environment,
		network: Network,
	): CfnDBInstance {
		const subnets = new CfnDBSubnetGroup(this, "DatabaseSubnets", {
			dbSubnetGroupDescription: "Where Postgres stands",
			subnetIds: network.vpc.selectSubnets(network.databaseSubnets).subnetIds,
		});
		const parameters = new CfnDBParameterGroup(this, "DatabaseParameters", {
			family: "postgres17",
			description: "Refuses connections without TLS",
			parameters: { "rds.force_ssl": "1", log_connections: "1" },
		});
		const instance = new CfnDBInstance(this, "Database", {
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
			publiclyAccessible: mode === "public",
			multiAz: database.multiAz,
			backupRetentionPeriod: database.backupDays,
			copyTagsToSnapshot: true,
			deletionProtection,
		});
		instance.cfnOptions.deletionPolicy = CfnDeletionPolicy.SNAPSHOT;
		instance.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.SNAPSHOT;
		// A public address needs the internet gateway's route first.
		instance.node.addDependency(network.vpc.internetConnectivityEstablished);
		acknowledge(instance, {
			"AwsSolutions-RDS11":
				"The port is the one every Postgres tool expects; another would hide it from nobody.",
			...(mode === "public" && {
				"CloudFormation-Validate::W9011":
					"Acknowledged as acknowledgePublicDatabase in cdk.json.",
			}),
			...(!database.multiAz && {
				"AwsSolutions-RDS3":
					"A standby doubles the price; this environment may be down for the minutes a restart takes.",
			}),
			...(!deletionProtection && {
				"AwsSolutions-RDS10":
					"This environment can be removed; a snapshot remains.",
			}),
		});
		return instance;
	}

	/** A generated login; the migration function gives it to the role. */
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
				"Rotation takes one more function in the network; a new value is set by changing the secret and invoking the migration function.",
		});
		return secret;
	}

	/** Chat checkpoints and rate limits; the keys are final from the start. */
	private checkpointTable({ deletionProtection }: Environment): Table {
		const table = new Table(this, "Checkpoints", {
			partitionKey: { name: "pk", type: AttributeType.STRING },
			sortKey: { name: "sk", type: AttributeType.STRING },
			timeToLiveAttribute: "expires_at",
			billingMode: BillingMode.PAY_PER_REQUEST,
			pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
			deletionProtection,
			removalPolicy: RemovalPolicy.RETAIN,
		});
		// Only session items carry these: a user's sessions by last activity.
		table.addGlobalSecondaryIndex({
			indexName: "gsi1",
			partitionKey: { name: "gsi1pk", type: AttributeType.STRING },
			sortKey: { name: "gsi1sk", type: AttributeType.STRING },
			projectionType: ProjectionType.ALL,
		});
		return table;
	}
}
