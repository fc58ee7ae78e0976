import { CloudFormationClient, GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { DescribeImagesCommand, EC2Client, waitUntilInstanceStatusOk } from "@aws-sdk/client-ec2";
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import type { Templates } from "#tools/cost/line.ts";
import { skipIfDenied } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";
import { describeStack, problemOf, resourcesOf, stackName } from "./stacks.ts";

/** Amazon's parameter with the id of the newest image of Amazon Linux 2023. */
const newestParameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";

const hostType = "AWS::EC2::Instance";

/**
 * Checks the image of bastion and NAT instance, and that a deployment does not replace them: it would do so right before
 * the migrations, which reach their secrets through the NAT.
 * @throws naming the image to use, or the command that replaces the hosts alone
 */
export async function checkHosts(target: Target, templates: Templates, { mayChange = false } = {}): Promise<string> {
	const { network, region } = target.environment;
	if (network.mode === "public") return "none needed";
	const field = `cdk.json: environments.${target.name}.network.amiId`;
	const newest = await newestImage(target);
	if (network.amiId === null) {
		throw new Error(
			`${field}: name the image of the bastion and of a NAT instance. ${
				newest
					? `The newest Amazon Linux 2023 for arm64 in ${region} is ${newest}.`
					: `aws ssm get-parameter --name ${newestParameter} --region ${region} prints the newest.`
			}`,
		);
	}
	const architecture = await architectureOf(target, network.amiId);
	if (architecture !== "arm64") {
		throw new Error(
			`${field}: ${network.amiId} ${architecture ? `is for ${architecture}, and the hosts are arm64` : `is no image in ${region}`}.${newest ? ` The newest is ${newest}.` : ""}`,
		);
	}
	const changed = mayChange ? [] : await changedHosts(target, templates);
	if (changed.length > 0) {
		throw new Error(
			`This would replace or add ${changed.join(", ")} right before the migrations, which reach their secrets through the NAT: make infra-hosts ENV=${target.name} does it alone, first.`,
		);
	}
	return newest === network.amiId
		? `${network.amiId}, the newest`
		: `${network.amiId}; the newest is ${newest ?? "unknown"}`;
}

/** Waits until the hosts of the deployed stack pass EC2's checks. */
export async function hostsRun(target: Target): Promise<void> {
	const resources = await resourcesOf(target, { name: stackName("DB", target) });
	const InstanceIds = resources.flatMap(({ ResourceType, PhysicalResourceId }) =>
		ResourceType === hostType && PhysicalResourceId ? [PhysicalResourceId] : [],
	);
	await waitUntilInstanceStatusOk({ client: new EC2Client(target.client), maxWaitTime: 900 }, { InstanceIds });
}

/** Returns the id of the newest image; undefined where these credentials may not read it or the region has none. */
async function newestImage({ client }: Target): Promise<string | undefined> {
	try {
		const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: newestParameter }));
		return Parameter?.Value;
	} catch (error) {
		if (error instanceof ParameterNotFound || (error as Error).name === "AccessDeniedException") return undefined;
		throw error;
	}
}

/** Returns the architecture of an image; undefined if the region does not have it. */
async function architectureOf({ client }: Target, amiId: string): Promise<string | undefined> {
	try {
		const { Images = [] } = await skipIfDenied(() =>
			new EC2Client(client).send(new DescribeImagesCommand({ ImageIds: [amiId] })),
		);
		return Images[0]?.Architecture;
	} catch (error) {
		if ((error as Error).name.startsWith("InvalidAMIID")) return undefined;
		throw error;
	}
}

/** Returns the logical ids of hosts that the deployed stack has otherwise or not at all; none before the first deployment. */
async function changedHosts(target: Target, templates: Templates): Promise<string[]> {
	const database = await describeStack(target, "DB");
	if (problemOf(database, target.name)) return [];
	const { TemplateBody = "{}" } = await skipIfDenied(() =>
		new CloudFormationClient(target.client).send(new GetTemplateCommand({ StackName: database.name })),
	);
	const deployed = hostsOf([JSON.parse(TemplateBody)]);
	return [...hostsOf(templates)].filter(([id, host]) => deployed.get(id) !== host).map(([id]) => id);
}

/** Returns each host of the templates with what would replace it, as text. */
function hostsOf(templates: Templates): Map<string, string> {
	return new Map(
		templates
			.flatMap(({ Resources = {} }) => Object.entries(Resources))
			.filter(([, { Type }]) => Type === hostType)
			.map(([id, { Properties: { Tags: _, ...properties } = {} }]) => [id, JSON.stringify(properties)]),
	);
}
