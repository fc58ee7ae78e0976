// make infra-deploy: preflight, diff, consent, then the stacks with the migrations between.
import { spawnSync } from "node:child_process";
import { readOutputs } from "#deployment/outputs.ts";
import { migrate } from "../database/migrate.ts";
import { confirm } from "../environment/confirm.ts";
import { operate, type Target } from "../environment/target.ts";
import { buildWeb, webFolder } from "../web/build-web.ts";
import { deployWeb } from "../web/deploy-web.ts";
import { deploy, diff } from "./cdk.ts";
import { writeOutputs } from "./outputs-file.ts";
import { preflight } from "./preflight-checks.ts";
import { deletePostgresLog } from "./retained.ts";
import { describeStack, isYetToCreate } from "./stacks.ts";

if (process.env.ENV === "local") restartLocally();

// anyAccount: preflight reports a wrong account together with everything else that is missing.
await operate(
	async (target) => {
		await preflight(target);
		console.log("\nWhat would change:\n");
		await diff(target);
		const { account, region } = target.environment;
		await confirm(`Deploy this to environment ${target.name}, account ${account}, ${region}?`, "yes");
		const database = await describeStack(target, "DB");
		// Left over from a creation that failed, or from a removal by hand.
		if (isYetToCreate(database)) await deletePostgresLog(target);
		const again = `run make infra-deploy ENV=${target.name} again`;
		const hasWeb = target.environment.web !== null;
		await deploy(target, [...(hasWeb ? (["Web"] as const) : []), "DB", "Storage"], again);
		// The previous release's code runs until the next step, so migrations only add to the schema.
		await migrate(target.client, await migrationFunction(target), target.name);
		await deploy(target, ["Compute", "API", "Monitoring"], again);
		const file = await writeOutputs(target);
		if (hasWeb) {
			await buildWeb();
			const outputs = await readOutputs(target.name);
			const { id } = await deployWeb(webFolder, { client: target.client, outputs });
			console.log(`Build ${id} of the web app is in force at ${outputs.WebUrl}.`);
		}
		console.log(
			`\nEnvironment ${target.name} is deployed; ${file} has its addresses. Next: make test-infra ENV=${target.name}.`,
		);
	},
	{ anyAccount: true },
);

async function migrationFunction(target: Target): Promise<string> {
	const database = await describeStack(target, "DB");
	const name = database.outputs.MigrationFunctionName;
	if (!name) {
		throw new Error(
			`${database.name} has no output MigrationFunctionName, so nothing after it was deployed: make infra-status ENV=${target.name}.`,
		);
	}
	return name;
}

/** Restarts the local cloud, which synthesizes and migrates: that is a deployment to this machine. */
function restartLocally(): never {
	for (const script of ["scripts/local/down.ts", "scripts/local/up.ts"]) {
		const { status } = spawnSync(process.execPath, [script], {
			stdio: "inherit",
		});
		if (status !== 0) process.exit(status ?? 1);
	}
	process.exit(0);
}
