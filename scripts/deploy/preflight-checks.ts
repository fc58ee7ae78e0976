import { readFile } from "node:fs/promises";
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { missingForDeployment } from "#lib/deployable.ts";
import { estimate, total } from "#tools/cost/estimate.ts";
import type { Templates } from "#tools/cost/line.ts";
import { explained } from "../environment/aws-errors.ts";
import { type CheckResult, NotLookedAt, printOutcomes } from "../environment/checks.ts";
import { accountTrouble, identityOf, type Target } from "../environment/target.ts";
import { assemblyFolder, synth } from "./cdk.ts";
import { openFindings } from "./findings.ts";
import { lambdaConcurrency, quotas, room } from "./quotas.ts";
import { blocksDeployment, describeStacks, parts, stackName, troubleOf } from "./stacks.ts";

/** Templates of the CDK demand it by their rule CheckBootstrapVersion. */
const minBootstrapVersion = 6;

interface Check {
	what: string;
	/** @returns what was found @throws what is missing, and what to do; NotLookedAt */
	run(target: Target): Promise<string>;
	/** Whether it reads what synth writes. */
	ofTemplates?: boolean;
}

const everywhere: Check[] = [
	{ what: "stacks", run: stacksReady },
	{ what: "synth", run: synthClean },
	{ what: "a month idle", run: monthlyCost, ofTemplates: true },
	{ what: "Lambda concurrency", run: lambdaConcurrency },
];
const onAws: Check[] = [
	{ what: "settings", run: settings },
	{ what: "account", run: account },
	{ what: "region", run: region },
	{ what: "bootstrap", run: bootstrap },
	...everywhere,
	...quotas.map((quota) => ({
		what: quota.what,
		run: async (target: Target) => room(target, quota, await templatesOf(target)),
		ofTemplates: true,
	})),
];

/**
 * Everything a deployment needs, looked at before anything is changed: all of it, not up to the first failure.
 * @throws where something is missing, after the table
 */
export async function preflight(target: Target): Promise<void> {
	const outcomes: CheckResult[] = [];
	const looked = (check: string) => outcomes.find(({ what }) => what === check)?.passed;
	for (const { what, run, ofTemplates } of target.isLocal ? everywhere : onAws) {
		try {
			// What an earlier synth left would be taken for this one's.
			if (ofTemplates && !looked("synth")) {
				throw new NotLookedAt("not looked at: there are no templates");
			}
			const found = await explained(() => run(target), target.client.endpoint ?? process.env.AWS_ENDPOINT_URL);
			outcomes.push({ what, passed: true, detail: found });
		} catch (error) {
			outcomes.push({
				what,
				passed: error instanceof NotLookedAt ? null : false,
				detail: (error as Error).message,
			});
		}
	}
	console.log(`\nPreflight of environment ${target.name}\n`);
	printOutcomes(outcomes);
	const failed = outcomes.filter(({ passed }) => passed === false).length;
	if (failed > 0) {
		throw new Error(`Nothing was changed: ${failed} of ${outcomes.length} checks found something to mend first.`);
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
	const strays = environment.availabilityZones.filter((zone) => !zone.startsWith(environment.region));
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
		if (version >= minBootstrapVersion) return `version ${version}`;
		throw new Error(
			`The CDK's bootstrap stack is of version ${version}, the templates want ${minBootstrapVersion}: ${remedy}.`,
		);
	} catch (error) {
		if (!(error instanceof ParameterNotFound)) throw error;
		throw new Error(`The account is not prepared for the CDK in ${client.region}: ${remedy}.`);
	}
}

async function stacksReady(target: Target): Promise<string> {
	const stacks = await describeStacks(target);
	const blocking = stacks.filter(({ status }) => blocksDeployment(status));
	if (blocking.length > 0) {
		throw new Error(blocking.map((stack) => troubleOf(stack, target.name)).join("\n"));
	}
	const there = stacks.filter(({ status }) => status !== null).length;
	return there === 0
		? "none yet: this is the first deployment"
		: `${there} of ${stacks.length} are there, and can be changed`;
}

async function synthClean(target: Target): Promise<string> {
	await synth(target);
	const findings = openFindings(assemblyFolder);
	if (findings.length > 0) {
		throw new Error(`${findings.join("\n")}\nMend them, or acknowledge them with a reason beside the construct.`);
	}
	return "five templates without an open finding";
}

/** Those that synth has just written. */
function templatesOf(target: Target): Promise<Templates> {
	return Promise.all(
		parts.map(async (part) =>
			JSON.parse(await readFile(`${assemblyFolder}/${stackName(part, target)}.template.json`, "utf8")),
		),
	);
}

async function monthlyCost(target: Target): Promise<string> {
	const { environment, name } = target;
	const { monthlyBudgetUsd } = environment;
	const { pay } = total(
		estimate(await templatesOf(target), environment, {
			...environment,
			users: 0,
			uploads: 0,
		}),
	);
	return `${pay.toFixed(2)} USD of a budget of ${monthlyBudgetUsd}; make cost ENV=${name} has the lines`;
}
