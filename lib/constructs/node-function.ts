import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc } from "aws-cdk-lib/aws-ec2";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, RecursiveLoop, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type Capability, keyParameter } from "#ai/providers.ts";
import type { Env, EnvContract } from "#lambda-kit/env.ts";
import { reserves } from "../environment-rules.ts";
import type { Environment, FunctionName } from "../environments.ts";
import { foundationModel, keysNeeded } from "../providers.ts";
import { acknowledge } from "./environment-stack.ts";

/** The network that functions share with a private database. */
export interface FunctionNetwork {
	vpc: IVpc;
	securityGroups: ISecurityGroup[];
}

interface NodeFunctionProps<Contract extends EnvContract> {
	environment: Environment;
	/** The folder that holds `handler.mjs`. */
	bundle: string;
	/** The names of the variables that the function reads; `variables` must give each a value. */
	contract: Contract;
	variables: NoInfer<Env<Contract>>;
	/** @default outside any network */
	network?: FunctionNetwork | undefined;
	/** Receives the events of failed asynchronous invocations. */
	deadLetters?: IQueue;
	/**
	 * The function puts messages back on the queue that starts it: Lambda would take that for a loop and drop a message
	 * after 16 turns. The work's own state ends these turns.
	 */
	sendsToItself?: boolean;
	/** A queue bounds the function's concurrency, so that none is reserved. */
	behindQueue?: boolean;
}

/** A Lambda function with a role of its own, which may only write its log until `allow` adds to it. */
export class NodeFunction<const Contract extends EnvContract = EnvContract> extends Construct {
	readonly function: LambdaFunction;
	readonly role: Role;

	constructor(scope: Construct, id: string, name: FunctionName, props: NodeFunctionProps<Contract>) {
		super(scope, id);
		const { environment, network } = props;
		const size = environment.functions[name];
		const logGroup = new LogGroup(this, "Log", {
			retention: environment.logRetentionDays,
			removalPolicy: RemovalPolicy.DESTROY,
		});
		this.role = new Role(this, "Role", {
			assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
		});
		logGroup.grantWrite(this.role);
		if (network) this.allowNetworkInterfaces();
		this.function = new LambdaFunction(this, "Function", {
			runtime: Runtime.NODEJS_24_X,
			architecture: architectureOf(environment) === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
			handler: "handler.handler",
			code: Code.fromAsset(props.bundle),
			memorySize: size.memory,
			timeout: Duration.seconds(size.timeout),
			environment: { ...(props.variables as Record<string, string>) },
			role: this.role.withoutPolicyUpdates(),
			logGroup,
			...network,
			...(props.sendsToItself && { recursiveLoop: RecursiveLoop.ALLOW }),
			...(props.deadLetters && { deadLetterQueue: props.deadLetters }),
			...(!props.behindQueue &&
				reserves(environment) && {
					reservedConcurrentExecutions: size.concurrency,
				}),
		});
		// Without this a first invocation may precede the policy and fail.
		this.function.node.addDependency(this.role);
	}

	/** Allows actions on resources; does nothing where the list of resources is empty. The reason stands beside each call. */
	allow(actions: string[], resources: string[]): this {
		if (resources.length === 0) return this;
		this.role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
		return this;
	}

	/** Allows actions on the objects of another stack's bucket whose keys begin with one of the prefixes. */
	allowObjects(actions: string[], bucket: IBucket, prefixes: string[]): this {
		const stack = Stack.of(this);
		const arn = Stack.of(bucket).exportValue(bucket.bucketArn);
		const { "Fn::ImportValue": exported } = stack.resolve(arn);
		for (const prefix of prefixes) {
			acknowledge(this.role, {
				[`AwsSolutions-IAM5[Resource::${exported}/${prefix}*]`]:
					"Keys below the prefix begin with the user and are not known at synth.",
			});
		}
		return this.allow(
			actions,
			prefixes.map((prefix) => `${arn}/${prefix}*`),
		);
	}

	/** Allows actions, each on one item, on those of a table whose partition keys begin with a prefix. */
	allowItems(actions: string[], tableArn: string, prefix: string): this {
		this.role.addToPrincipalPolicy(
			new PolicyStatement({
				actions,
				resources: [tableArn],
				conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${prefix}*`] } },
			}),
		);
		return this;
	}

	/** Allows reading the API keys that some capabilities need. The key `aws/ssm` decrypts for every role that may read a parameter. */
	allowKeys(environment: Environment, ...capabilities: Capability[]): this {
		return this.allow(
			["ssm:GetParameter"],
			keysNeeded(environment, ...capabilities).map((provider) =>
				Stack.of(this).formatArn({
					service: "ssm",
					resource: "parameter",
					resourceName: keyParameter(environment.name, provider).slice(1),
				}),
			),
		);
	}

	/** Allows invoking one model of Amazon Bedrock, by its id or by that of an inference profile. */
	allowBedrock(model: string): this {
		const id = foundationModel(model);
		const foundation = `arn:${Stack.of(this).partition}:bedrock:*::foundation-model/${id}`;
		acknowledge(this.role, {
			[`AwsSolutions-IAM5[Resource::${foundation}]`]:
				"An inference profile invokes its model in a region that AWS chooses.",
		});
		const profile = Stack.of(this).formatArn({
			service: "bedrock",
			resource: "inference-profile",
			resourceName: model,
		});
		return this.allow(["bedrock:InvokeModel"], id === model ? [foundation] : [profile, foundation]);
	}

	/** Allows Bedrock, at the function's first call of a model, to subscribe the account to it at AWS Marketplace. */
	allowBedrockSubscription(): this {
		acknowledge(this.role, {
			"AwsSolutions-IAM5[Resource::*]":
				"AWS Marketplace takes no resource for these actions; the condition leaves them to calls that Bedrock makes.",
		});
		this.role.addToPrincipalPolicy(
			new PolicyStatement({
				actions: ["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions"],
				resources: ["*"],
				conditions: { StringEquals: { "aws:CalledViaLast": "bedrock.amazonaws.com" } },
			}),
		);
		return this;
	}

	private allowNetworkInterfaces(): void {
		this.allow(
			[
				"ec2:CreateNetworkInterface",
				"ec2:DescribeNetworkInterfaces",
				"ec2:DescribeSubnets",
				"ec2:DeleteNetworkInterface",
				"ec2:AssignPrivateIpAddresses",
				"ec2:UnassignPrivateIpAddresses",
			],
			["*"],
		);
		acknowledge(this.role, {
			"AwsSolutions-IAM5[Resource::*]":
				"Lambda manages its network interfaces with the function's role, and EC2 takes no resource for these actions.",
		});
	}
}

/** Returns the processor architecture of the environment's functions and native packages. */
function architectureOf({ architecture }: Pick<Environment, "architecture">): "arm64" | "x86_64" {
	if (architecture !== "host") return architecture;
	return process.arch === "arm64" ? "arm64" : "x86_64";
}
