import {
	BlockDeviceVolume,
	GatewayVpcEndpointAwsService,
	type IMachineImage,
	Instance,
	InstanceClass,
	InstanceSize,
	InstanceType,
	IpAddresses,
	type ISecurityGroup,
	MachineImage,
	NatProvider,
	NatTrafficDirection,
	Peer,
	Port,
	SecurityGroup,
	type SubnetSelection,
	SubnetType,
	Vpc,
} from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { Environment } from "../environments.ts";
import { acknowledge } from "./environment-stack.ts";
import type { FunctionNetwork } from "./node-function.ts";

const postgresPort = Port.tcp(5432);
const addresses = "10.20.0.0/16";

/**
 * The database's network. `public`: functions have no network and reach the database over the internet.
 * `private`: the database is isolated, functions share its network and reach the internet through one NAT.
 */
export class Network extends Construct {
	readonly vpc: Vpc;
	readonly databaseSubnets: SubnetSelection;
	readonly databaseSecurityGroup: SecurityGroup;
	/** The functions' part; undefined in mode `public`. */
	readonly functions: FunctionNetwork | undefined;
	/** Lets a person reach the database; undefined in mode `public`. */
	readonly bastion: Instance | undefined;

	constructor(scope: Construct, id: string, { network, region }: Environment) {
		super(scope, id);
		const isPublic = network.mode === "public";
		const machineImage = hostImage(region, isPublic ? null : network.amiId);
		const nat = !isPublic && network.nat === "instance" ? natInstance(machineImage) : undefined;
		this.vpc = new Vpc(this, "Vpc", {
			ipAddresses: IpAddresses.cidr(addresses),
			...(isPublic
				? {
						natGateways: 0,
						subnetConfiguration: [{ name: "Public", subnetType: SubnetType.PUBLIC, cidrMask: 24 }],
					}
				: {
						natGateways: 1,
						...(nat && { natGatewayProvider: nat }),
						subnetConfiguration: [
							{ name: "Public", subnetType: SubnetType.PUBLIC, cidrMask: 24 },
							{
								name: "Functions",
								subnetType: SubnetType.PRIVATE_WITH_EGRESS,
								cidrMask: 22,
							},
							{
								name: "Database",
								subnetType: SubnetType.PRIVATE_ISOLATED,
								cidrMask: 24,
							},
						],
						// Free, unlike interface endpoints, which would not reach the AI providers either.
						gatewayEndpoints: {
							S3: { service: GatewayVpcEndpointAwsService.S3 },
							DynamoDB: { service: GatewayVpcEndpointAwsService.DYNAMODB },
						},
					}),
		});
		acknowledge(this.vpc, {
			"AwsSolutions-VPC7":
				"Nothing but Postgres takes connections here (a NAT forwards), and Postgres logs each with its address to CloudWatch.",
			"CloudFormation-Validate::W3010": zonesAreNamed,
		});
		nat?.securityGroup.addIngressRule(Peer.ipv4(addresses), Port.allTraffic(), "What the network sends out");
		for (const instance of nat?.gatewayInstances ?? []) {
			// It installs its firewall from the internet when it boots.
			instance.instance.node.addDependency(
				this.vpc.selectSubnets({ subnetType: SubnetType.PUBLIC }).internetConnectivityEstablished,
			);
			acknowledge(instance, {
				"CloudFormation-Validate::W3010": zonesAreNamed,
				"CloudFormation-Validate::W9010": imageIsNamed,
				"AwsSolutions-EC26": "The volume holds the public image alone.",
				"AwsSolutions-EC28": "It forwards packets; a minute's metrics cost more than they tell.",
				"AwsSolutions-EC29": "Nothing is lost with the instance; a deployment makes another.",
			});
		}
		this.databaseSubnets = {
			subnetType: isPublic ? SubnetType.PUBLIC : SubnetType.PRIVATE_ISOLATED,
		};
		this.databaseSecurityGroup = new SecurityGroup(this, "Database", {
			vpc: this.vpc,
			description: "Postgres",
			allowAllOutbound: false,
		});
		if (isPublic) {
			this.databaseSecurityGroup.addIngressRule(
				Peer.anyIpv4(),
				postgresPort,
				"Functions outside a network have no fixed addresses",
			);
			acknowledge(this.databaseSecurityGroup, {
				"AwsSolutions-EC23":
					"Acknowledged as acknowledgePublicDatabase in cdk.json: functions outside a network have no fixed addresses. TLS is forced and verified, passwords are generated, only the migration function logs in as the master.",
				"CloudFormation-Validate::W2508": "The same.",
			});
			return;
		}
		const functions = new SecurityGroup(this, "Functions", {
			vpc: this.vpc,
			description: "Functions that talk to Postgres",
		});
		this.databaseSecurityGroup.addIngressRule(functions, postgresPort, "Functions");
		this.functions = { vpc: this.vpc, securityGroups: [functions] };
		this.bastion = this.newBastion(machineImage);
		this.databaseSecurityGroup.addIngressRule(
			this.bastion.connections.securityGroups[0] as ISecurityGroup,
			postgresPort,
			"Bastion",
		);
	}

	/** Makes the bastion. Its agent connects to Session Manager, so it has no inbound rule and no key. */
	private newBastion(machineImage: IMachineImage): Instance {
		const role = new Role(this, "BastionRole", {
			assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
		});
		role.addToPolicy(
			new PolicyStatement({
				actions: [
					"ssm:UpdateInstanceInformation",
					"ssmmessages:CreateControlChannel",
					"ssmmessages:CreateDataChannel",
					"ssmmessages:OpenControlChannel",
					"ssmmessages:OpenDataChannel",
				],
				resources: ["*"],
			}),
		);
		acknowledge(role, {
			"AwsSolutions-IAM5[Resource::*]": "Session Manager's agent takes no resource for these actions.",
		});
		const bastion = new Instance(this, "Bastion", {
			vpc: this.vpc,
			vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
			securityGroup: new SecurityGroup(this, "BastionAccess", {
				vpc: this.vpc,
				description: "The bastion: out alone",
			}),
			role,
			instanceType: smallest,
			machineImage,
			requireImdsv2: true,
			blockDevices: [
				{
					deviceName: "/dev/xvda",
					volume: BlockDeviceVolume.ebs(8, { encrypted: true }),
				},
			],
		});
		acknowledge(bastion, {
			"CloudFormation-Validate::W3010": zonesAreNamed,
			"CloudFormation-Validate::W9010": imageIsNamed,
			"AwsSolutions-EC28": "It forwards a person's connection; a minute's metrics cost more than they tell.",
			"AwsSolutions-EC29": "Nothing is lost with the instance; a deployment makes another.",
		});
		return bastion;
	}
}

const zonesAreNamed = "The zones are the environment's: looking them up at synth would need credentials.";

const imageIsNamed = "The image is the environment's: it changes with the setting alone.";

const smallest = InstanceType.of(InstanceClass.T4G, InstanceSize.NANO);

/**
 * Returns the image that the environment names, which changes only with its setting. The parameter of the newest image
 * would replace the hosts in some deployment, right before migrations that need the NAT.
 */
function hostImage(region: string, amiId: string | null): IMachineImage {
	return MachineImage.genericLinux({ [region]: amiId ?? "ami-00000000000000000" });
}

/** Forwards outbound traffic and accepts nothing from outside. */
function natInstance(machineImage: IMachineImage) {
	return NatProvider.instanceV2({
		instanceType: smallest,
		machineImage,
		defaultAllowedTraffic: NatTrafficDirection.OUTBOUND_ONLY,
	});
}
