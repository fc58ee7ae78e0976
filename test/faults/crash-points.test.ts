import { setTimeout as sleep } from "node:timers/promises";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import type { Outputs } from "#deployment/outputs.ts";
import { violationsAtRest } from "../simulation/invariants.ts";
import { scenarioTitled } from "../simulation/scenarios.ts";
import { Simulator } from "../simulation/simulator.ts";
import { snapshotOfDatabase } from "../simulation/snapshot.ts";
import { describeInstantly } from "../system/cloud-process.ts";
import type { Control } from "../system/control.ts";
import { OwnCloud } from "../system/own-cloud.ts";

// Kills the real bundles at every port call that the same scenario makes on the fakes.
let cloud: OwnCloud;
let control: Control;
let outputs: Outputs;
let user: CollectionsClient;

beforeAll(async () => {
	cloud = await OwnCloud.start({ change: describeInstantly });
	({ control, outputs } = cloud);
	user = await cloud.newUser("unlucky@example.com");
});
afterAll(() => cloud?.remove());

/** Lists the points at which to kill a scenario: before and after each of its port calls. */
async function pointsOf(title: string): Promise<string[]> {
	const scenario = scenarioTitled(title);
	const simulator = new Simulator();
	const itemId = await scenario.arrange(simulator);
	const process = simulator.process();
	await scenario.run(simulator, process, itemId);
	const seen = new Map<string, number>();
	return process.calls.flatMap((call) => {
		const nth = (seen.get(call) ?? 0) + 1;
		seen.set(call, nth);
		return [`before:${call}#${nth}`, `after:${call}#${nth}`];
	});
}

/** Draws a small picture whose bytes no other upload has. */
async function picture(): Promise<Uint8Array<ArrayBuffer>> {
	const noise = crypto.getRandomValues(new Uint8Array(16 * 16 * 3));
	const raw = { width: 16, height: 16, channels: 3 } as const;
	return new Uint8Array(await sharp(noise, { raw }).png().toBuffer());
}

const upload = async () => (await user.upload("small.png", await picture())).id;

async function isAtRest(itemId: string): Promise<boolean> {
	const [row] = await control.sql<{ open: boolean }>(
		`select status not in ('ready', 'failed')
		   or exists (select from outbox where item_id = $1)
		   or exists (select from requests where item_id = $1 and status = 'pending') as open
		 from items where id = $1`,
		[itemId],
	);
	return !row?.open;
}

type Crashes = Map<string, string>;

/**
 * Moves time by an hour and runs the sweeper after each crash, until the item is at rest. Returns the crashes that did not
 * happen: the process may have received a repeated event, for which it had nothing to do.
 */
async function recover(itemId: string, crashes: Crashes): Promise<Crashes> {
	const left = new Map(crashes);
	const end = Date.now() + 60_000;
	for (;;) {
		let waiting = 0;
		for (const name of left.keys()) {
			const crash = await control.crash(name);
			if (crash.waiting) waiting += 1;
			if (!crash.died) continue;
			left.delete(name);
			await control.letTimePass(itemId);
			await control.sweepNow();
		}
		if (waiting < left.size || left.size === 0) {
			if (await isAtRest(itemId)) return left;
		}
		if (Date.now() > end) {
			throw new Error(`Item ${itemId} did not come to rest with ${[...left.values()]}.`);
		}
		await sleep(25);
	}
}

/** Repeats a call until each function has died at its point, and waits each time until the item is at rest. */
async function crashAll(
	crashes: Crashes,
	scenario: () => Promise<{ itemId: string; answer?: Promise<unknown> }>,
): Promise<void> {
	let left = crashes;
	for (let tries = 0; left.size > 0; tries++) {
		if (tries === 5) throw new Error(`No process reached ${[...left.values()]}.`);
		for (const [name, point] of left) await control.crashNext(name, point);
		const { itemId, answer } = await scenario();
		left = await recover(itemId, left);
		await answer;
	}
}

const accepted: string[] = [];
const deleted: string[] = [];

/** Checks every row and object of this cloud against the invariants. */
async function verify(): Promise<string[]> {
	const s3 = new S3Client({ ...cloud.client, forcePathStyle: true });
	const { Versions = [], IsTruncated } = await s3.send(new ListObjectVersionsCommand({ Bucket: outputs.BucketName }));
	if (IsTruncated) throw new Error("The bucket has more than one page.");
	const keys = [...new Set(Versions.map(({ Key }) => Key ?? ""))];
	const db = { query: control.sql.bind(control) };
	return violationsAtRest(await snapshotOfDatabase(db, keys), {
		accepted,
		deleted,
		ready: accepted.filter((id) => !deleted.includes(id)),
	});
}

test("every item becomes ready, once, although each stage is killed at each port call", async () => {
	const stages = [
		[outputs.ImageProcessorFunctionName, "the process stage"],
		[outputs.AnalyzerFunctionName, "the analyze stage"],
		[outputs.EmbedderFunctionName, "the embed stage"],
	] as const;
	const points = await Promise.all(
		stages.map(async ([name, title]) => ({ name: String(name), points: await pointsOf(title) })),
	);
	const rounds = Math.max(...points.map(({ points }) => points.length));
	for (let round = 0; round < rounds; round++) {
		const crashes = points.flatMap(({ name, points }) => {
			const point = points[round];
			return point ? [[name, point] as const] : [];
		});
		await crashAll(new Map(crashes), async () => {
			const itemId = await upload();
			accepted.push(itemId);
			return { itemId };
		});
	}
	expect(rounds).toBeGreaterThan(16);
	expect(await verify()).toEqual([]);
}, 600_000);

test("an item deleted after a stage died at any port call is gone, with every object", async () => {
	const stages = [
		[outputs.ImageProcessorFunctionName, "the process stage"],
		[outputs.AnalyzerFunctionName, "the analyze stage"],
		[outputs.EmbedderFunctionName, "the embed stage"],
	] as const;
	for (const [name, title] of stages) {
		for (const point of await pointsOf(title)) {
			if (point.startsWith("after:")) continue; // same as before the next call
			const itemId = await killedItem(String(name), point);
			await user.call("DELETE", `/items/${itemId}`);
			deleted.push(itemId);
		}
	}
	await forgetDeleted();
	expect(await verify()).toEqual([]);
}, 600_000);

test.each([
	["analyze", "the analyze stage at a request", "AnalyzerFunctionName"],
	["resize-only", "the process stage at a request", "ImageProcessorFunctionName"],
] as const)(
	"POST /items/{id}/%s is done once and the item is ready, although its stage is killed at each port call",
	async (what, title, name) => {
		const itemId = await upload();
		accepted.push(itemId);
		await user.settled(itemId);
		const body = what === "analyze" ? { force_reanalyze: true } : undefined;
		for (const point of await pointsOf(title)) {
			await crashAll(new Map([[String(outputs[name]), point]]), async () => ({
				itemId,
				answer: user.call("POST", `/items/${itemId}/${what}`, body),
			}));
		}
		expect(await verify()).toEqual([]);
	},
	600_000,
);

test("an upload, a deletion and a request complete although the api is killed at each port call", async () => {
	const api = String(outputs.ApiFunctionName);
	const killedAt = async (point: string, call: () => Promise<unknown>) => {
		await control.crashNext(api, point);
		const error = await call().then(
			() => null,
			(error) => error,
		);
		expect(error, point).toMatchObject({ status: 500 });
		expect((await control.crash(api)).died, point).toBe(point);
	};

	for (const point of await pointsOf("an upload, retried")) {
		const bytes = await picture();
		await killedAt(point, () => user.upload("small.png", bytes));
		const { id } = await user.upload("small.png", bytes);
		accepted.push(id);
		await control.letTimePass(id);
		await recover(id, new Map());
	}
	const [itemId = ""] = accepted;
	for (const point of await pointsOf("a request for a new analysis, retried")) {
		await killedAt(point, () => user.call("POST", `/items/${itemId}/analyze`, { force_reanalyze: true }));
		await control.letTimePass(itemId);
		await control.sweepNow();
		await recover(itemId, new Map());
	}
	for (const point of await pointsOf("a deletion, retried")) {
		const id = await upload();
		accepted.push(id);
		await user.settled(id);
		await killedAt(point, () => user.call("DELETE", `/items/${id}`));
		await user.call("DELETE", `/items/${id}`).catch(() => {});
		deleted.push(id);
	}
	await forgetDeleted();
	expect(await verify()).toEqual([]);
}, 600_000);

test.each([
	[
		"an unsent event and an old deletion",
		[
			...["outbox.unsent#1", "events.publish#1", "outbox.markSent#1"],
			...["stages.claimStalled#1", "stages.claimPending#1", "requests.claimStalled#1"],
			...["stages.claimTombstones#1", "objects.deleteAll#1"],
			...["objects.deleteAll#2", "stages.deleteTombstone#1"],
		],
	],
	["a lost event", ["stages.claimStalled#1", "events.publish#1"]],
])(
	"the next sweep repairs %s if a sweeper was killed at any port call",
	async (what, calls) => {
		const sweeper = String(outputs.CleanupFunctionName);
		for (const call of calls) {
			for (const point of [`before:${call}`, `after:${call}`]) {
				const gone = await upload();
				accepted.push(gone);
				await user.settled(gone);
				await user.call("DELETE", `/items/${gone}`);
				deleted.push(gone);
				await control.sql("update tombstones set deleted_at = deleted_at - interval '3 hours', swept_at = null");
				const stuck = await stuckItem();
				await control.letTimePass(stuck);
				if (what === "a lost event") {
					await control.sql("delete from outbox where item_id = $1", [stuck]);
				}

				await control.crashNext(sweeper, point);
				await expect(control.sweepNow(), point).rejects.toThrow();
				expect((await control.crash(sweeper)).died, point).toBe(point);
				await control.letTimePass(stuck);
				await control.sweepNow();
				await recover(stuck, new Map());
			}
		}
		await forgetDeleted();
		expect(await verify()).toEqual([]);
	},
	600_000,
);

/** Makes an item whose processor died between its commit and its event. */
function stuckItem(): Promise<string> {
	const processor = String(outputs.ImageProcessorFunctionName);
	return killedItem(processor, "before:events.publish");
}

/** Uploads until the function dies at the point. @returns the item that it was processing */
async function killedItem(name: string, point: string): Promise<string> {
	for (;;) {
		await control.crashNext(name, point);
		const itemId = await upload();
		accepted.push(itemId);
		do {
			if ((await control.crash(name)).died) return itemId;
			await sleep(25);
		} while (!(await isAtRest(itemId)));
	}
}

async function forgetDeleted(): Promise<void> {
	await control.sql("update tombstones set deleted_at = deleted_at - interval '3 hours', swept_at = null");
	await control.sweepNow();
}
