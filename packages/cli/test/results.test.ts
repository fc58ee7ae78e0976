import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stubServer } from "../../client/test/stub-server.ts";
import { signInAtStub, startCommand } from "./command.ts";

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), "cli-results-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a command against a service that gives one answer. */
async function answered(body: unknown, ...args: string[]) {
	await using api = await stubServer(() => ({ body }));
	const home = path.join(folder, `home-${new URL(api.url).port}`);
	signInAtStub(home, api.url);
	return await startCommand(home, args).ended;
}

test("usage is a table for a person and the service's answer for a program", async () => {
	const quota = { period: "day", limit: 500, used: 12, left: 488, resets_at: "2026-12-04T00:00:00.000Z" };
	const billed = { calls: 1, input_tokens: 1_820, output_tokens: 312, cost_usd: 0.0021, unpriced_calls: 0 };
	const usage = {
		items: 1,
		bytes: 3_400_000,
		from: "2026-11-04",
		to: "2026-12-03",
		tier: "free",
		quotas: [
			{ use: "uploads", ...quota },
			{ use: "messages", ...quota, used: 3 },
		],
		total: { ...billed, calls: 11, unpriced_calls: 1 },
		days: [{ day: "2026-12-03", provider: "anthropic", model: "claude-haiku-5-5", ...billed }],
	};
	expect((await answered(usage, "usage")).stdout).toBe(`1 item, 3.4 MB, tier free

quota     per  used   of  begins anew
uploads   day    12  500  2026-12-04T00:00:00.000Z
messages  day     3  500  2026-12-04T00:00:00.000Z

day         provider   model             calls  tokens in  tokens out  cost
2026-12-03  anthropic  claude-haiku-5-5      1       1820         312  $0.0021
total                                       11       1820         312  $0.0021
Without the price of 1 call.
`);
	expect(JSON.parse((await answered(usage, "usage", "--json")).stdout)).toEqual(usage);
	expect((await answered({ ...usage, quotas: null, days: [], total: billed }, "usage")).stdout).toBe(
		"1 item, 3.4 MB, tier free\n\nThe quotas cannot be looked up now.\n\nNo model billed anything from 2026-11-04 to 2026-12-03.\n",
	);
});

test.each([
	[1, [], "1 item has red; 0 could not be changed.\n"],
	[2, [], "2 items have red; 0 could not be changed.\n"],
	[1, ["--remove"], "1 item lost red; 0 could not be changed.\n"],
])("tag counts %i in a sentence", async (done, options, sentence) => {
	const args = ["tag", "red", "--item", "a", ...options];
	expect(await answered({ done, failed: [] }, ...args)).toEqual({ code: 0, stdout: sentence, stderr: "" });
});
