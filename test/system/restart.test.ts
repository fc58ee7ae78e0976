import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "#cli/free-port.ts";
import { readOutputsFile } from "#cli/outputs.ts";
import { RestClient } from "#cli/rest-client.ts";
import { ensureUser, signIn } from "#cli/users.ts";
import { invoke, operatorOf, synthesize } from "#scripts/local/local.ts";
import { startCloudProcess } from "./cloud-process.ts";
import { Control } from "./control.ts";
import { screenshot } from "./drawings.ts";

// A cloud of its own: this one is stopped and killed.
let directory: string;
const email = "patient@example.com";
const password = "correct-Horse-9";

beforeAll(async () => {
	directory = await mkdtemp(path.join(tmpdir(), "collections-restart-"));
	await synthesize(path.join(directory, "cdk.out"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test("after a stop, a power cut and a restart everything is still there", async () => {
	const options = {
		assembly: path.join(directory, "cdk.out"),
		stateDir: path.join(directory, "state"),
		outputsFile: path.join(directory, "outputs.json"),
		port: await freePort(),
	};
	const signedIn = async () => {
		const outputs = await readOutputsFile(options.outputsFile, "start");
		return new RestClient(
			outputs.ApiUrl,
			await signIn(outputs, email, password),
		);
	};

	let cloud = await startCloudProcess(options);
	try {
		const outputs = await readOutputsFile(options.outputsFile, "start");
		const operator = await operatorOf(options.stateDir);
		await invoke(outputs, operator, outputs.MigrationFunctionName);
		await ensureUser(outputs, operator, email, password);
		const drawn = await screenshot();
		let user = await signedIn();
		const { id } = await user.upload(drawn.filename, drawn.bytes);
		const before = await user.settled(id);
		await cloud.stop();

		cloud = await startCloudProcess(options);
		user = await signedIn();
		const after = await user.item(id);
		expect(after).toMatchObject({
			status: "ready",
			latest_analysis: before.latest_analysis,
		});
		expect((await fetch(after.thumbnail_url ?? "")).status).toBe(200);
		const late = await screenshot(1);
		const cut = await user.upload(late.filename, late.bytes);
		await cloud.kill();

		cloud = await startCloudProcess(options);
		user = await signedIn();
		// What was in flight is found by the sweeper, without waiting for the message's visibility to end.
		const control = new Control(
			await readOutputsFile(options.outputsFile, "start"),
			operator,
		);
		await control.letTimePass(cut.id);
		await control.sweepNow();
		expect((await user.settled(cut.id)).status).toBe("ready");
		const { results } = await user.search(drawn.word);
		expect(results[0]?.item_id).toBe(id);
	} finally {
		await cloud.stop();
	}
}, 240_000);
