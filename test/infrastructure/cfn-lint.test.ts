import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { environmentNames } from "#lib/environments.ts";
import { synthesize, templatesOf } from "./synthesized.ts";

const folder = mkdtempSync(join(tmpdir(), "collections-cfn-lint-"));
afterAll(() => rmSync(folder, { recursive: true }));

const present = spawnSync("cfn-lint", ["--version"]).status === 0;

/** The accepted findings of cfn-lint, by rule, with the reasons. */
const answered = {
	W3005: "A function waits for its role and the role's policy: CDK names both, and the first is implied.",
	W3010: "The zones are the environment's: looking them up at synth would need credentials.",
	W3691: "The engine's version is its major alone: RDS chooses the minor, and retires those that a template names.",
};

test.skipIf(!present)(
	present
		? "cfn-lint has nothing to say about the templates of any environment, or of hosted pages to sign in for agents"
		: "cfn-lint has nothing to say (skipped: it is not on the PATH)",
	() => {
		const shipped = environmentNames.map((name) => [name, templatesOf(name)] as const);
		const withHostedPages = synthesize("prod", ({ prod }) => {
			prod.mcpSignIn = { domainPrefix: "acme-collections", callbackUrls: ["http://localhost:8080/callback"] };
			prod.web = {};
			prod.googleSignIn = {
				domainPrefix: "acme-collections",
				clientId: "1234-abcd.apps.googleusercontent.com",
				secretName: "collections/prod/google-sign-in",
			};
		});
		const files = [...shipped, ["prod-sign-in", withHostedPages] as const].flatMap(([name, templates]) =>
			Object.entries(templates).map(([part, template]) => {
				const file = join(folder, `${part}-${name}.json`);
				writeFileSync(file, JSON.stringify(template));
				return file;
			}),
		);
		const { status, stdout, stderr } = spawnSync(
			"cfn-lint",
			["--ignore-checks", ...Object.keys(answered), "--", ...files],
			{ encoding: "utf8" },
		);
		expect(stdout + stderr).toBe("");
		expect(status).toBe(0);
	},
	180_000,
);
