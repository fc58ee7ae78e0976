// make cost: estimates an environment's monthly cost from its templates, a usage profile and dated price tables.
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { pricesAsOf } from "#ai/providers.ts";
import { main } from "#deployment/progress.ts";
import { printTable } from "#deployment/table.ts";
import type { Environment, EnvironmentName } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };
import prices from "./aws-prices.json" with { type: "json" };
import { choices, withChoice } from "./choices.ts";
import { estimate, total } from "./estimate.ts";
import type { Templates } from "./line.ts";
import { type Estimated, readmeTables, withTables } from "./readme-table.ts";

const { environments } = cdk.context;

await main(async () => {
	const { ENV = "dev", USERS, UPLOADS, VISION, EMBEDDING, CHAT, README } = process.env;
	if (README) return writeReadme();
	const environment = readEnvironment(
		{
			...environments,
			[ENV]: {
				...environments[ENV as EnvironmentName],
				...(VISION && { visionProvider: VISION }),
				...(EMBEDDING && { embeddingProvider: EMBEDDING }),
				...(CHAT && { chatProvider: CHAT }),
			},
		},
		ENV,
	);
	const users = count("USERS", USERS);
	const uploads = count("UPLOADS", UPLOADS);
	const { visionProvider, embeddingProvider, chatProvider, models, chatModels, embeddingModels, openaiServer } =
		environment;
	const lines = estimate(await templatesOf(environment, environments), environment, {
		users,
		uploads,
		visionProvider,
		embeddingProvider,
		chatProvider,
		models,
		embeddingModels,
		openaiServer,
		chatModels,
	});
	const { list, pay } = total(lines);
	console.log(`\nEnvironment ${ENV}, a month with ${users} users and ${uploads} uploads, in USD\n`);
	printTable([
		...lines.map(({ label, quantity, list, alwaysFree }) => row(label, quantity, list, alwaysFree)),
		row("total", "", list, list - pay),
	]);
	console.log(`
"always free" is AWS's permanent free tier of an account, which its environments share; offers for new accounts are not counted.
${prices.source}: ${prices.region}, ${prices.checkedOn}. Models: ${pricesAsOf}.${
		environment.region === prices.region ? "" : `\nThis environment is in ${environment.region}, whose prices differ.`
	}
tools/cost/usage.ts assumes the use by a user and an upload. Set USERS= UPLOADS= VISION= EMBEDDING= CHAT= for another estimate.
The environment's budget is ${environment.monthlyBudgetUsd} USD${
		pay > environment.monthlyBudgetUsd
			? ", which is less: raise monthlyBudgetUsd in cdk.json, or AWS will send a budget alert."
			: "."
	}`);
});

function row(label: string, quantity: string, list: number, free: number) {
	return {
		line: label,
		quantity,
		"list price": list.toFixed(2),
		"always free": free > 0 ? `-${free.toFixed(2)}` : "",
		"to pay": (list - free).toFixed(2),
	};
}

function count(name: string, text = "0"): number {
	const number = Number(text);
	if (Number.isInteger(number) && number >= 0) return number;
	throw new Error(`${name} is ${text}: set it to a whole number, 0 or more.`);
}

/** Synthesizes an environment's templates in a temporary folder, from a table in place of that in `cdk.json`. */
async function templatesOf({ name }: Environment, table: object): Promise<Templates> {
	const folder = await mkdtemp(path.join(tmpdir(), "collections-cost-"));
	try {
		await promisify(execFile)(process.execPath, ["bin/collections.ts"], {
			maxBuffer: 64 * 1024 * 1024,
			env: {
				...process.env,
				CDK_OUTDIR: folder,
				CDK_CONTEXT_JSON: JSON.stringify({ env: name, environments: table }),
			},
		}).catch(({ stdout, stderr }) => {
			throw new Error(`Environment ${name} was not synthesized:\n${stdout}${stderr}`);
		});
		const files = (await readdir(folder)).filter((file) => file.endsWith(".template.json"));
		return await Promise.all(files.map(async (file) => JSON.parse(await readFile(path.join(folder, file), "utf8"))));
	} finally {
		await rm(folder, { recursive: true });
	}
}

async function writeReadme(): Promise<void> {
	const estimateOf = async (name: string, table: object): Promise<Estimated> => {
		const environment = readEnvironment(table, name);
		return { environment, templates: await templatesOf(environment, table) };
	};
	const estimated: Estimated[] = [];
	for (const name of ["dev", "prod"]) estimated.push(await estimateOf(name, environments));
	const chosen = [];
	for (const choice of choices) {
		const { setting, givesUp, environment } = choice;
		chosen.push({ setting, givesUp, ...(await estimateOf(environment, withChoice(environments, choice))) });
	}
	const readme = await readFile("README.md", "utf8");
	await writeFile("README.md", withTables(readme, readmeTables(estimated, chosen)));
	console.log("README.md has the tables of the current templates and prices.");
}
