import { readFile } from "node:fs/promises";
import { GetParameterCommand, ParameterNotFound, SSMClient } from "@aws-sdk/client-ssm";
import { missingForDeployment } from "#lib/deployable.ts";
import { estimate, total } from "#tools/cost/estimate.ts";
import type { Templates } from "#tools/cost/line.ts";
import { withRemedy } from "../environment/aws-errors.ts";
import { type CheckResult, CheckSkipped, printOutcomes, skipIfDenied } from "../environment/checks.ts";
import { accountProblem, identityOf, type Target } from "../environment/target.ts";
import { accountPlan } from "./account-plan.ts";
import { bedrockAccess } from "./bedrock-access.ts";
import { assemblyFolder, synth } from "./cdk.ts";
import { databaseInstance } from "./database-instance.ts";
import { openFindings } from "./findings.ts";
import { checkHosts } from "./hosts.ts";
import { checkQuota, lambdaConcurrency, quotas } from "./quotas.ts";
import { blocksDeployment, deployedResources, describeStacks, partsOf, problemOf, stackName } from "./stacks.ts";
import { zones } from "./zones.ts";

/** The CDK's templates require this version by their rule CheckBootstrapVersion. */
const minBootstrapVersion = 6;

interface Check {
	name: string;
	/** @returns the finding, as a phrase @throws what is missing and what to do, or CheckSkipped */
	run(target: Target): Promise<string>;
	/** The check reads the templates that synth writes. */
	needsTemplates?: boolean;
}

const commonChecks: Check[] = [
	{ name: "stacks", run: stacksReady },
	{ name: "synth", run: synthClean },
	{ name: "a month idle", run: monthlyCost, needsTemplates: true },
	{ name: "Lambda concurrency", run: lambdaConcurrency },
];
const awsChecks: Check[] = [
	{ name: "settings", run: settings },
	{ name: "account", run: account },
	{ name: "account's plan", run: accountPlan },
	{ name: "zones", run: zones },
	{ name: "bootstrap", run: bootstrap },
	...commonChecks,
	{ name: "database", run: databaseRuns },
	{ name: "Bedrock", run: bedrockAccess },
	...quotas.map((quota) => ({
		name: quota.name,
		run: async (target: Target) => checkQuota(target, quota, await templatesOf(target)),
		needsTemplates: true,
	})),
];

/**
 * Checks everything that a deployment needs, even after a failure, and prints the results as a table.
 * @throws after the table, if a check failed
 */
export async function preflight(target: Target, { hostsMayChange = false } = {}): Promise<void> {
	const outcomes: CheckResult[] = [];
	const hasPassed = (check: string) => outcomes.find(({ name }) => name === check)?.passed;
	const hosts: Check = {
		name: "hosts",
		run: async () => checkHosts(target, await templatesOf(target), { mayChange: hostsMayChange }),
		needsTemplates: true,
	};
	for (const { name, run, needsTemplates } of target.isLocal ? commonChecks : [...awsChecks, hosts]) {
		try {
			// After a failed synth, the folder may hold templates of an earlier one.
			if (needsTemplates && !hasPassed("synth")) {
				throw new CheckSkipped("not checked: there are no templates");
			}
			const detail = await withRemedy(() => run(target), target.client.endpoint ?? process.env.AWS_ENDPOINT_URL);
			outcomes.push({ name, passed: true, detail });
		} catch (error) {
			outcomes.push({
				name,
				passed: error instanceof CheckSkipped ? null : false,
				detail: (error as Error).message,
			});
		}
	}
	console.log(`\nPreflight of environment ${target.name}\n`);
	printOutcomes(outcomes);
	const failed = outcomes.filter(({ passed }) => passed === false).length;
	if (failed > 0) {
		throw new Error(`Nothing was changed: ${failed} of ${outcomes.length} checks failed, see above.`);
	}
}

async function settings({ environment }: Target): Promise<string> {
	const missing = missingForDeployment(environment);
	if (missing.length > 0) throw new Error(missing.join("\n"));
	return `alarms and budget go to ${environment.alarmEmail}`;
}

async function account(target: Target): Promise<string> {
	const identity = await identityOf(target);
	const problem = accountProblem(target, identity);
	if (problem) throw new Error(problem);
	return `${identity.account}, as ${identity.arn}`;
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
			`The CDK's bootstrap stack has version ${version}, the templates need ${minBootstrapVersion}: ${remedy}.`,
		);
	} catch (error) {
		if (!(error instanceof ParameterNotFound)) throw error;
		throw new Error(`The account is not prepared for the CDK in ${client.region}: ${remedy}.`);
	}
}

async function stacksReady(target: Target): Promise<string> {
	const stacks = await describeStacks(target);
	const blocking = stacks.filter(blocksDeployment);
	if (blocking.length > 0) {
		throw new Error(blocking.map((stack) => problemOf(stack, target.name)).join("\n"));
	}
	const existing = stacks.filter(({ status }) => status !== null).length;
	return existing === 0
		? `none yet: this is the first deployment${target.environment.deletionProtection ? ". CloudFormation cannot undo a creation that fails where deletionProtection is true: consider to set it afterwards" : ""}`
		: `${existing} of ${stacks.length} exist and can be changed`;
}

async function databaseRuns(target: Target): Promise<string> {
	const database = await skipIfDenied(async () => databaseInstance(target, await deployedResources(target)));
	if (!database) return "none yet";
	const { id, status } = database;
	if (["stopped", "stopping", "starting"].includes(status)) {
		throw new Error(
			`The database ${id} is ${status}, so that it can be neither migrated nor changed: run make infra-start ENV=${target.name} first.`,
		);
	}
	return status;
}

async function synthClean(target: Target): Promise<string> {
	await synth(target);
	const findings = openFindings(assemblyFolder);
	if (findings.length > 0) {
		throw new Error(`${findings.join("\n")}\nCorrect them, or acknowledge them with a reason beside the construct.`);
	}
	return "five templates without open findings";
}

/** Reads the templates that synth has just written. */
function templatesOf(target: Target): Promise<Templates> {
	return Promise.all(
		partsOf(target).map(async (part) =>
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
