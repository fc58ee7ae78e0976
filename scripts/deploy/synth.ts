// make synth: writes the templates and bundles of one environment, as `cdk deploy` would send them.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { main } from "#deployment/progress.ts";
import { printTable } from "#deployment/table.ts";
import { lastBundles } from "#lib/bundling/build.ts";
import { bundleSizes } from "#tools/sizes/bundle-sizes.ts";
import { openFindings } from "./findings.ts";

const output = "cdk.out";

await main(async () => {
	const environment = process.env.ENV || "dev";
	// Quiet on success, when the command's output is about feature flags and stack ids.
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[
			"node_modules/aws-cdk/bin/cdk",
			"synth",
			"--quiet",
			"--no-notices",
			...["-c", `env=${environment}`],
			...["--output", output],
		],
		{ encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
	);
	if (status !== 0) {
		throw new Error(`Environment ${environment} was not synthesized:\n${stdout}${stderr}`);
	}
	const suffix = `-${environment}.template.json`;
	const stacks = readdirSync(output)
		.filter((file) => file.endsWith(suffix))
		.map((file) => {
			const text = readFileSync(`${output}/${file}`, "utf8");
			const { Resources } = JSON.parse(text);
			return {
				template: `${output}/${file}`,
				resources: Object.keys(Resources).length,
				KB: Math.ceil(text.length / 1024),
			};
		});
	printTable(stacks);
	console.log("");
	printTable(bundleSizes(lastBundles()));
	const findings = openFindings(output);
	if (findings.length > 0) {
		throw new Error(`The templates are written, but have open findings:\n${findings.join("\n")}`);
	}
	console.log("\nNo open finding. Next: make dev runs the same on this machine.");
});
