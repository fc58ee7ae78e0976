import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { newUser, outputs } from "./environment.ts";

const guide = readFileSync("docs/api-guide.md", "utf8");
const blocksOf = (text: string) => [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = ""]) => block);

test("the API guide has twelve tasks with a curl each, all of which a new person can paste in their order", async () => {
	const [start = "", ...tasks] = guide.split(/^## (?=\d+\. )/m);
	expect(tasks.map((task) => Number.parseInt(task, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
	for (const task of tasks) expect(blocksOf(task).join("\n"), task).toMatch(/curl -sN? /);

	const user = await newUser("newcomer");
	const [settings = ""] = blocksOf(start);
	const here = settings
		.replace("http://127.0.0.1:3000", outputs.ApiUrl.replace(/\/$/, ""))
		.replace(/\$\(node -p '.*StreamUrl.*'\)/, String(outputs.StreamUrl))
		.replace(/\$\(make -s token [^)]*\)/, await user.session.token());
	expect(here).not.toMatch(/make|:3000\n|aws-outputs/);
	// An answer with an error ends the script.
	const strict = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; echo; }\n';
	const script = strict + [here, ...tasks.flatMap(blocksOf)].join("\n");
	const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env.PATH}` };
	const { stdout } = await promisify(execFile)("bash", ["-c", script], { env });
	for (const seen of [
		"ready",
		'"headline":"The app\'s icon"',
		'"name":"Drafts"',
		'"views":1',
		'"status":"trashed"',
		'"verdict":"supported"',
		"event: done",
		'"status":"idle"',
	]) {
		expect(stdout).toContain(seen);
	}
});
