import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environmentNames } from "#lib/environments.ts";

const workflow = readFileSync(join(import.meta.dirname, "../../.github/workflows/main.yml"), "utf8");

test("the workflow deploys whichever environment is chosen by hand, and lists none itself", () => {
	const [, inputs = ""] = /workflow_dispatch:([\s\S]*?)\npermissions:/.exec(workflow) ?? [];
	expect(inputs).toMatch(/^ {8}type: environment$/m);
	expect(workflow).toMatch(/^ {6}ENV: \$\{\{ inputs\.environment \}\}$/m);
	expect(workflow).not.toMatch(
		new RegExp(`\\b(${environmentNames.join("|")})\\b.*\\b(${environmentNames.join("|")})\\b`),
	);
	expect(workflow).toContain("if: github.event_name == 'workflow_dispatch'");
});

test("the workflow holds no secret and gives each job the least permissions", () => {
	expect(workflow).not.toMatch(/secrets\.|aws-access-key-id|AKIA/);
	expect(workflow).toMatch(/^permissions: \{\}$/m);
	const granted = [...workflow.matchAll(/^ {6}([a-z-]+): (read|write)$/gm)].map(
		([, scope, access]) => `${scope} ${access}`,
	);
	expect(granted).toEqual(["contents read", "contents read", "id-token write"]);
	// An input reaches the shell as a variable, never as part of a command.
	for (const [, command] of workflow.matchAll(/run: (.*)$/gm)) {
		expect(command).not.toContain("${{");
	}
});

test("the workflow pins every action to a commit, since a tag can be moved", () => {
	const actions = [...workflow.matchAll(/uses: (\S+)/g)].map(([, used]) => used);
	expect(actions.length).toBeGreaterThan(4);
	for (const used of actions) {
		expect(used).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
	}
});

test("the workflow deploys from a clone with history, in which git_sha is the last commit that touched a bundle", () => {
	const [, deploy = ""] = workflow.split(/^ {2}deploy:$/m);
	const [, checkout = ""] = deploy.split("uses: actions/checkout@");
	expect(checkout.split("- uses:")[0]).toMatch(/^ {10}fetch-depth: 0$/m);
});
