import { execFileSync } from "node:child_process";
import {
	appendFileSync,
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A repository of its own with the files of this one, so that a test can commit. */
const copy = mkdtempSync(join(tmpdir(), "collections-synth-"));
/** A PATH on which synth finds git and no other command: not the CDK's, and no Node.js to run it. */
const onlyGit = mkdtempSync(join(tmpdir(), "collections-git-"));
afterAll(() => {
	rmSync(copy, { recursive: true });
	rmSync(onlyGit, { recursive: true });
});

const git = (...args: string[]) =>
	execFileSync("git", ["-c", "user.name=tester", "-c", "user.email=tester@example.com", ...args], {
		cwd: copy,
		encoding: "utf8",
		env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null" },
	}).trim();

function commitAll(subject: string): string {
	git("add", "--all");
	git("commit", "--quiet", "--message", subject);
	return git("rev-parse", "--short=12", "HEAD");
}

/** Synthesizes prod without credentials, without a home and without the CDK's command. @returns each template by its file */
function synthesize(folder: string): Record<string, string> {
	const outdir = join(copy, ".build", folder);
	execFileSync(process.execPath, ["bin/collections.ts"], {
		cwd: copy,
		timeout: 120_000,
		env: { PATH: onlyGit, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ env: "prod" }) },
	});
	const files = readdirSync(outdir).filter((file) => file.endsWith(".template.json"));
	return Object.fromEntries(files.map((file) => [file, readFileSync(join(outdir, file), "utf8")]));
}

/** Returns the commit that the next synth would name. */
const namedCommit = () =>
	execFileSync(
		process.execPath,
		[
			"--input-type=module",
			"--eval",
			`import { bundledFiles } from "#lib/bundling/build.ts";
			import { gitSha } from "#lib/git-sha.ts";
			console.log(gitSha(bundledFiles()));`,
		],
		{ cwd: copy, encoding: "utf8" },
	).trim();

/** Bundles the smallest function and returns its JavaScript. */
const bundled = () =>
	execFileSync(
		process.execPath,
		[
			"--input-type=module",
			"--eval",
			`import { javascript } from "#lib/bundling/javascript.ts";
			for (const { content } of await javascript("pre-sign-up", {})) console.log(Buffer.from(content).toString());`,
		],
		{ cwd: copy, encoding: "utf8" },
	);

let first: string;
let before: Record<string, string>;
beforeAll(() => {
	symlinkSync(execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim(), join(onlyGit, "git"));
	const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
		cwd: root,
		encoding: "utf8",
	});
	for (const file of files.split("\0")) {
		// Not a deleted file, nor a link to packages.
		if (!statSync(join(root, file), { throwIfNoEntry: false })?.isFile()) continue;
		mkdirSync(dirname(join(copy, file)), { recursive: true });
		cpSync(join(root, file), join(copy, file));
	}
	symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
	mkdirSync(join(copy, ".build"));
	symlinkSync(join(root, ".build/natives"), join(copy, ".build/natives"));
	git("init", "--quiet");
	// A pattern of .gitignore with a slash does not match a link.
	appendFileSync(join(copy, ".git/info/exclude"), "node_modules\n");
	first = commitAll("first");
	before = synthesize("before");
});

test("synth needs no credentials, no home and no CDK command", () => {
	expect(Object.keys(before)).toEqual(
		["API", "Compute", "DB", "Monitoring", "Storage"].map((part) => `Collections${part}-prod.template.json`),
	);
});

test("a commit that changes no code leaves the templates as they are, and one that does is named in them", () => {
	expect(before["CollectionsCompute-prod.template.json"]).toContain(`"GIT_SHA": "${first}"`);

	for (const file of ["docs/deploy.md", "test/infrastructure/synth.test.ts", "scripts/deploy/synth.ts"]) {
		appendFileSync(join(copy, file), "\n");
	}
	expect(commitAll("docs and tests")).not.toBe(first);
	expect(synthesize("after")).toEqual(before);

	for (const file of ["packages/core/errors.ts", "migrations/0099_new.sql", "package-lock.json"]) {
		appendFileSync(join(copy, file), "\n");
		const commit = commitAll(file);
		expect(namedCommit()).toBe(commit);
	}
}, 240_000);

test("a build takes over the JavaScript of the last one until a source or the bundler's settings change", () => {
	const kept = join(copy, ".build/meta/javascript-pre-sign-up.json");
	const changes = () => {
		const { mtimeMs } = statSync(kept);
		const code = bundled();
		return { code, isNew: statSync(kept).mtimeMs !== mtimeMs };
	};
	const code = bundled();
	expect(changes()).toEqual({ code, isNew: false });

	appendFileSync(join(copy, "lambdas/pre-sign-up/handler.ts"), 'console.log("a changed source");\n');
	const changed = changes();
	expect(changed).toEqual({ code: expect.stringContaining("a changed source"), isNew: true });

	appendFileSync(join(copy, "lib/bundling/plugins.ts"), "\n");
	expect(changes()).toEqual({ code: changed.code, isNew: true });
});
