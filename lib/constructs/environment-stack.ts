import { CfnOutput, RemovalPolicy, Stack, Tags, Validations } from "aws-cdk-lib";
import type { Construct, IConstruct } from "constructs";
import type { Environment } from "../environments.ts";

/** One of the five stacks of an environment. */
export class EnvironmentStack extends Stack {
	protected readonly environmentZones: string[];

	constructor(scope: Construct, part: string, environment: Environment) {
		const tags = {
			Environment: environment.name,
			Project: "collections",
			ManagedBy: "cdk",
		};
		super(scope, `Collections${part}-${environment.name}`, {
			tags,
			env: {
				region: environment.region,
				...(environment.account && { account: environment.account }),
			},
			terminationProtection: environment.deletionProtection,
		});
		this.environmentZones = environment.availabilityZones;
		for (const [key, value] of Object.entries(tags)) {
			// CDK supports tags of dashboards, but cfn-lint's schema of CloudFormation lacks them.
			Tags.of(this).add(key, value, {
				excludeResourceTypes: ["AWS::CloudWatch::Dashboard"],
			});
		}
	}

	/** Returns the environment's zones, so that synth never looks them up. */
	override get availabilityZones(): string[] {
		return this.environmentZones;
	}

	/** Adds a line to the environment's outputs file. */
	output(name: string, value: string): void {
		new CfnOutput(this, name, { value });
	}
}

/**
 * Returns the removal policy of what outlives its stack. A creation that fails takes it back, or the next one would not
 * find it; but undoing the creation of what is protected would fail, too.
 */
export function outlivesItsStack({ deletionProtection }: Pick<Environment, "deletionProtection">): RemovalPolicy {
	return deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}

/** Accepts findings of cdk-nag and of the template check, by id, each with its reason. */
export function acknowledge(construct: IConstruct, reasons: Record<string, string>): void {
	for (const [id, reason] of Object.entries(reasons)) {
		Validations.of(construct).acknowledge({ id, reason });
	}
}
