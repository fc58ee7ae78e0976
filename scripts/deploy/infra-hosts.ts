// make infra-hosts: replaces bastion and NAT instance alone, which a deployment refuses to do right before its migrations.
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";
import { deploy, diff } from "./cdk.ts";
import { hostsRun } from "./hosts.ts";
import { preflight } from "./preflight-checks.ts";
import { describeStack } from "./stacks.ts";

await operate(
	async (target) => {
		const { name, environment, isLocal } = target;
		if (isLocal || environment.network.mode === "public") {
			console.log(`Environment ${name} has no bastion and no NAT instance.`);
			return;
		}
		await preflight(target, { hostsMayChange: true });
		const database = await describeStack(target, "DB");
		if (!database.status) {
			throw new Error(`Environment ${name} has no hosts yet: make infra-deploy ENV=${name} makes them.`);
		}
		console.log("\nWhat would change:\n");
		await diff(target, "DB");
		await confirm(
			`Deploy this to ${database.name} alone? While a NAT instance is replaced, functions do not reach the internet.`,
			"yes",
		);
		await deploy(target, ["DB"], `run make infra-hosts ENV=${name} again`);
		await hostsRun(target);
		console.log(`\nThe hosts of environment ${name} run. Next: make infra-deploy ENV=${name}.`);
	},
	{ anyAccount: true },
);
