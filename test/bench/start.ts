// make bench-start: time from `make dev` in an installed checkout to a search that finds its sample.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CollectionsClient } from "#client/index.ts";
import { freePort } from "#deployment/free-port.ts";
import { readOutputsFile } from "#deployment/outputs.ts";
import { demand, median, report } from "./report.ts";

const runs = 3;
const seconds: number[] = [];
for (let run = 0; run < runs; run++) seconds.push(await startOnce());
report(
	"start",
	seconds.map((value, run) => ({ run: run + 1, seconds: value.toFixed(1) })),
	[demand("make dev until the printed search finds its sample, s", median(seconds), 30)],
);

/** Times one start in a copy of this checkout with its installed packages and without any build or state. */
async function startOnce(): Promise<number> {
	const copy = mkdtempSync(path.join(tmpdir(), "collections-start-"));
	const port = await freePort();
	const tracked = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
		.toString()
		.split("\0")
		.filter(Boolean);
	for (const file of tracked) {
		cpSync(file, path.join(copy, file), { preserveTimestamps: true });
	}
	cpSync(".build/natives", path.join(copy, ".build/natives"), {
		recursive: true,
	});
	symlinkSync(path.resolve("node_modules"), path.join(copy, "node_modules"));

	const started = performance.now();
	const make = spawn("make", ["dev"], {
		cwd: copy,
		env: { ...process.env, PORT: String(port) },
		stdio: ["ignore", "pipe", "inherit"],
		detached: true,
	});
	let output = "";
	make.stdout.on("data", (text) => (output += text));
	try {
		while (!/^Ready in/m.test(output)) {
			if (make.exitCode !== null || performance.now() - started > 180_000) {
				throw new Error(`make dev did not become ready:\n${output}`);
			}
			await sleep(20);
		}
		const { ApiUrl } = await readOutputsFile(path.join(copy, ".aws-outputs-local.json"), "start");
		const token = execFileSync("make", ["-s", "token", "ENV=local", "EMAIL=demo@example.com"], { cwd: copy });
		const query = /"query": "([^"]+)"/.exec(output)?.[1];
		if (!query) throw new Error(`make dev printed no search:\n${output}`);
		const client = new CollectionsClient({ apiUrl: ApiUrl, session: token.toString().trim() });
		const { results } = await client.search(query);
		if (results.length === 0) throw new Error(`"${query}" finds nothing.`);
		return (performance.now() - started) / 1000;
	} finally {
		if (make.pid) process.kill(-make.pid, "SIGTERM");
		await new Promise((resolve) => make.once("exit", resolve));
		rmSync(copy, { recursive: true, force: true });
	}
}
