import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ensureUser } from "#deployment/users.ts";
import { environmentOf } from "#tools/postman/environment.ts";
import { collectionFile } from "#tools/postman/files.ts";
import { operator, outputs, password } from "./environment.ts";

const newman = "tools/postman/runner/node_modules/.bin/newman";

interface Execution {
	item: { name: string };
	request: { method: string; url: { path: string[] } };
	response?: { code: number };
	assertions?: { assertion: string; error?: { message: string } }[];
}

/** Requests that a run from top to bottom cannot carry out, and how each is answered. */
const exceptions: Record<string, number> = {
	// The batch is done at once, and the analysis was there: neither a job nor a request is left.
	getJob: 404,
	changeJob: 404,
	cancelJob: 404,
	listJobParts: 404,
	getRequest: 404,
	// For everybody but administrators there is no such route.
	listUsers: 404,
	getUser: 404,
	changeUser: 404,
	getEverybodysUsage: 404,
	// Nobody pays in environment local.
	receiveStripeEvent: 404,
	// Environment local has no key of the provider that the example names.
	compareModels: 422,
	// The local user pool has no hosted sign-in.
	authorizationServer: 404,
	// As the document says: the server sends nothing of its own accord.
	streamMcp: 405,
};

test.skipIf(!existsSync(newman))(
	"newman runs the Postman collection from top to bottom, signed in by its own request (needs make postman-runner)",
	async () => {
		const folder = mkdtempSync(path.join(tmpdir(), "collections-postman-"));
		try {
			const email = `postman-${randomUUID()}@example.com`;
			await ensureUser(outputs, operator, email, password);
			const [environment, report] = ["environment", "report"].map((name) => path.join(folder, `${name}.json`));
			writeFileSync(environment ?? "", JSON.stringify(environmentOf("test", outputs, email, password)));
			const args = [collectionFile, "--environment", environment ?? "", "--working-dir", "docs"];
			const reporters = ["--reporters", "json", "--reporter-json-export", report ?? "", "--suppress-exit-code"];
			await promisify(execFile)(newman, ["run", ...args, ...reporters], { maxBuffer: 1e8 });
			const { executions } = JSON.parse(readFileSync(report ?? "", "utf8")).run as { executions: Execution[] };
			const refused = executions.flatMap(({ assertions }) =>
				(assertions ?? []).flatMap(({ assertion, error }) => (error ? `${assertion}: ${error.message}` : [])),
			);
			expect(refused).toEqual([]);
			const others = executions.flatMap(({ response, assertions }) => {
				const operation = assertions?.[0]?.assertion.split(" ")[0] ?? "";
				return response && response.code < 400 ? [] : [[operation, response?.code]];
			});
			expect(Object.fromEntries(others)).toEqual(exceptions);
			expect(executions.length).toBeGreaterThan(80);
		} finally {
			rmSync(folder, { recursive: true });
		}
	},
);
