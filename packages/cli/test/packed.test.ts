import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const cli = path.resolve("packages/cli");

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-packed-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Packs the command line as `npm publish` does, though not in the repository, where other tests run its sources. */
function pack(): string {
	const manifest = JSON.parse(readFileSync(path.join(cli, "package.json"), "utf8"));
	const stage = path.join(folder, "stage");
	for (const file of ["package.json", "collections.mjs", "README.md", "CHANGELOG.md", "LICENSE"]) {
		cpSync(path.join(cli, file), path.join(stage, file));
	}
	const build = manifest.scripts.build.replace("--outdir=dist", `--outdir=${stage}/dist`);
	execFileSync("sh", ["-c", build], {
		cwd: cli,
		stdio: ["ignore", "ignore", "pipe"],
		env: { ...process.env, PATH: `${path.resolve("node_modules/.bin")}:${process.env.PATH}` },
	});
	const [{ filename }] = JSON.parse(
		execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
			cwd: stage,
			encoding: "utf8",
		}),
	);
	return path.join(folder, filename);
}

test("packed, it runs in an empty folder with the packages that it names and no others", async () => {
	const installed = path.join(folder, "empty/node_modules/collections-cli");
	mkdirSync(installed, { recursive: true });
	execFileSync("tar", ["-xzf", pack(), "-C", installed, "--strip-components=1"]);
	const { dependencies } = JSON.parse(readFileSync(path.join(installed, "package.json"), "utf8"));
	for (const name of Object.keys(dependencies)) {
		const link = path.join(folder, "empty/node_modules", name);
		mkdirSync(path.dirname(link), { recursive: true });
		symlinkSync(path.resolve("node_modules", name), link);
	}
	const run = (...args: string[]) =>
		promisify(execFile)(process.execPath, [path.join(installed, "collections.mjs"), ...args], {
			cwd: path.join(folder, "empty"),
			env: { ...process.env, COLLECTIONS_HOME: folder },
		});
	expect((await run("--help")).stdout).toContain("upload pictures and folders");
	expect((await run("completion", "bash")).stdout).toContain("complete -F _collections collections");
	// Each of these loads packages of its own.
	const signedOut = { code: 3, stderr: expect.stringContaining("You are not signed in") };
	await expect(run("mcp")).rejects.toMatchObject(signedOut);
	await expect(run("export")).rejects.toMatchObject(signedOut);
	mkdirSync(path.join(folder, "shots"));
	expect(JSON.parse((await run("import-from", "screenshots", "../shots", "--dry-run", "--json")).stdout)).toMatchObject(
		{
			pictures: 0,
		},
	);
});
