import { readFile } from "node:fs/promises";
import {
	GetAccountSettingsCommand,
	LambdaClient,
} from "@aws-sdk/client-lambda";
import {
	GetParameterCommand,
	ParameterNotFound,
	SSMClient,
} from "@aws-sdk/client-ssm";
import { missingForDeployment } from "#lib/deployable.ts";
import { bill, total } from "../cost/bill.ts";
import { explained } from "./aws-errors.ts";
import { assemblyFolder, synth } from "./cdk.ts";
import { type Outcome, printOutcomes } from "./checks.ts";
import {
	blocksDeployment,
	describeStacks,
	parts,
	stackName,
	troubleOf,
} from "./stacks.ts";
import { accountTrouble, identityOf, type Target } from "./target.ts";

/** Templates of the CDK demand it by their rule CheckBootstrapVersion. */
const leastBootstrapVersion = 6;

type Check = [
	what: string,
	/** @returns what was found @throws what is missing, and what to do */
	run: (target: Target) => Promise<string>,
];

const everywhere: Check[] = [
	["Lambda concurrency", lambdaQuota],
	["stacks", stacksReady],
	["synth", synthClean],
	["a month idle", monthlyCost],
];
const onAws: Check[] = [
	["settings", settings],
	["account", account],
	["region", region],
	["bootstrap", bootstrap],
];

/**
 * Everything a deployment needs, looked at before anything is changed: all of it, not up to the first failure.
 * @throws where something is missing, after the table
 */
export async function preflight(target: Target): Promise<void> {
	const checks = target.isLocal ? everywhere : [...onAws, ...everywhere];
	const outcomes: Outcome[] = [];
	for (const [what, run] of checks) {
		try {
			const found = await explained(
				() => run(target),
				target.client.endpoint ?? process.env.AWS_ENDPOINT_URL,
			);
			outcomes.push({ what, passed: true, detail: found });
		} catch (error) {
			outcomes.push({ what, passed: false, detail: (error as Error).message });
		}
	}
	console.log(`\nPreflight of environment ${target.name}\n`);
	printOutcomes(outcomes);
	const failed = outcomes.filter(({ passed }) => !passed).length;
	if (failed > 0) {
		throw new Error(
			`Nothing was changed: ${failed} of ${outcomes.length} checks found something to mend first.`,
		);
	}
}

async function settings({ environment }: Target): Promise<string> {
	const missing = missingForDeployment(environment);
	if (missing.length > 0) throw new Error(missing.join("\n"));
	return `alarms and budget go to ${environment.alarmEmail}`;
}

async function account(target: Target): Promise<string> {
	const identity = await identityOf(target);
	const trouble = accountTrouble(target, identity);
	if (trouble) throw new Error(trouble);
	return `${identity.account}, as ${identity.arn}`;
}

async function region({ environment }: Target): Promise<string> {
	const strays = environment.availabilityZones.filter(
		(zone) => !zone.startsWith(environment.region),
	);
	if (strays.length > 0) {
		throw new Error(
			`cdk.json: environments.${environment.name}.availabilityZones: ${strays.join(", ")} are not of region ${environment.region}.`,
		);
	}
	return `${environment.region} (${environment.availabilityZones.join(", ")})`;
}

async function bootstrap({ client, name }: Target): Promise<string> {
	const remedy = `make infra-bootstrap ENV=${name}`;
	try {
		const { Parameter } = await new SSMClient(client).send(
			new GetParameterCommand({ Name: "/cdk-bootstrap/hnb659fds/version" }),
		);
		const version = Number(Parameter?.Value);
		if (version >= leastBootstrapVersion) return `version ${version}`;
		throw new Error(
			`The CDK's bootstrap stack is of version ${version}, the templates want ${leastBootstrapVersion}: ${remedy}.`,
		);
	} catch (error) {
		if (!(error instanceof ParameterNotFound)) throw error;
		throw new Error(
			`The account is not prepared for the CDK in ${client.region}: ${remedy}.`,
		);
	}
}

async function lambdaQuota({
	client,
	name,
	environment: { lambdaConcurrencyQuota: wanted },
}: Target): Promise<string> {
	const { AccountLimit } = await new LambdaClient(client).send(
		new GetAccountSettingsCommand({}),
	);
	const allowed = AccountLimit?.ConcurrentExecutions ?? 0;
	if (allowed < wanted) {
		throw new Error(
			`The account may run ${allowed} functions at once, environment ${name} is made for ${wanted}. Ask for more:
  aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${wanted} --region ${client.region}
or lower environments.${name}.lambdaConcurrencyQuota in cdk.json.`,
		);
	}
	return `the account may run ${allowed} at once, ${wanted} are planned for`;
}

async function stacksReady(target: Target): Promise<string> {
	const stacks = await describeStacks(target);
	const blocking = stacks.filter(({ status }) => blocksDeployment(status));
	if (blocking.length > 0) {
		throw new Error(
			blocking.map((stack) => troubleOf(stack, target.name)).join("\n"),
		);
	}
	const there = stacks.filter(({ status }) => status !== null).length;
	return there === 0
		? "none yet: this is the first deployment"
		: `${there} of ${stacks.length} are there, and can be changed`;
}

async function synthClean(target: Target): Promise<string> {
	await synth(target);
	return "five templates without an open finding";
}

/** Of the templates that synth has just written. */
async function monthlyCost({ environment, name }: Target): Promise<string> {
	const templates = await Promise.all(
		parts.map(async (part) =>
			JSON.parse(
				await readFile(
					`${assemblyFolder}/${stackName(part, { name })}.template.json`,
					"utf8",
				),
			),
		),
	);
	const { visionProvider, embeddingProvider, models, monthlyBudgetUsd } =
		environment;
	const { pay } = total(
		bill(templates, environment, {
			users: 0,
			uploads: 0,
			visionProvider,
			embeddingProvider,
			models,
		}),
	);
	return `${pay.toFixed(2)} USD of a budget of ${monthlyBudgetUsd}; make cost ENV=${name} has the lines`;
}
