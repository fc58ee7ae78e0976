import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import type { Control } from "../system/control.ts";
import { OwnCloud } from "../system/own-cloud.ts";

let cloud: OwnCloud;
let control: Control;
let user: CollectionsClient;

beforeAll(async () => {
	cloud = await OwnCloud.start();
	({ control } = cloud);
	user = await cloud.newUser("many@example.com");
}, 300_000);
afterAll(() => cloud?.remove());

interface JobBody {
	id: string;
	state: string;
	total: number;
	done: number;
	failed: number;
}

/** Adds items that failed: no stage works on them. */
async function addItems(userId: string, count: number): Promise<void> {
	await control.sql(
		`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, error_code, error_detail)
		 select gen_random_uuid(), $1, 'a.png', 'image/png', 1, 'test', 'failed', 'undecodable_image', 'It is no image.'
		 from generate_series(1, $2)`,
		[userId, count],
	);
}

const subOf = (token: string): string => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).sub;

test("a job ends with every item counted once, although its function is killed again and again", async () => {
	const jobs = String(cloud.outputs.JobsFunctionName);
	const userId = subOf(await user.session.token());
	await addItems(userId, 130);
	const points = [
		"after:jobs.claim",
		"after:items.delete#3",
		"before:jobs.record",
		"after:jobs.record#2",
		"before:jobs.release",
	];
	await control.crashNext(jobs, points[0] ?? "");
	const job = await user.call<JobBody>("POST", "/items/batch", { filter: { status: "failed" }, action: "delete" });
	expect(job).toMatchObject({ state: "queued", total: 130, done: 0, failed: 0 });

	const reached: string[] = [];
	const end = Date.now() + 400_000;
	let state: JobBody = job;
	while (!["done", "failed"].includes(state.state)) {
		if (Date.now() > end) throw new Error(`The job did not end: ${JSON.stringify(state)}, killed at ${reached}.`);
		const { died } = await control.crash(jobs);
		if (died && died !== reached.at(-1)) {
			reached.push(died);
			const next = points[reached.length];
			if (next) await control.crashNext(jobs, next);
			// The lease expires, and the sweeper finds the job.
			await control.sql(
				`update jobs set lease_expires_at = lease_expires_at - interval '1 hour', served_at = served_at - interval '1 hour',
				   due_at = due_at - interval '1 hour', swept_at = null where id = $1`,
				[job.id],
			);
			await control.sweepNow();
		}
		await sleep(50);
		state = await user.call<JobBody>("GET", `/jobs/${job.id}`);
	}
	expect(state).toMatchObject({ state: "done", total: 130, done: 130, failed: 0 });
	expect(reached.length).toBeGreaterThanOrEqual(4);
	const [left] = await control.sql<{ items: number }>("select count(*)::int as items from items where user_id = $1", [
		userId,
	]);
	expect(left?.items).toBe(0);
}, 420_000);
