import { afterAll, beforeAll, expect, test } from "vitest";
import { screenshot } from "../system/drawings.ts";
import { OwnCloud } from "../system/own-cloud.ts";

let cloud: OwnCloud;
const email = "patient@example.com";

beforeAll(async () => {
	cloud = await OwnCloud.start();
});
afterAll(() => cloud?.remove());

test("the API answers 503 while Postgres is down, and the pipeline resumes by itself afterwards", async () => {
	const { control } = cloud;
	const user = await cloud.newUser("unlucky@example.com");
	const drawn = await screenshot();
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	await control.stopDatabase();
	const health = await fetch(`${user.apiUrl}/health`);
	expect(health.status).toBe(503);
	expect(await health.json()).toMatchObject({ status: "unhealthy" });
	await expect(user.item(id)).rejects.toMatchObject({ status: 503 });
	await control.startDatabase();
	expect((await user.settled(id, 100)).status).toBe("ready");
	// Any second row is a defect.
	const [committed] = await control.sql(
		`select
			(select count(*)::int from analyses where item_id = $1) as analyses,
			(select count(*)::int from embeddings where item_id = $1) as embeddings,
			(select count(*)::int from documents where item_id = $1) as documents`,
		[id],
	);
	expect(committed).toEqual({ analyses: 1, embeddings: 1, documents: 1 });
});

test("all data survives a stop, a power cut and a restart", async () => {
	const drawn = await screenshot();
	let user = await cloud.newUser(email);
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	const before = await user.settled(id);
	await cloud.stop();

	await cloud.restart();
	user = await cloud.signIn(email);
	const after = await user.item(id);
	expect(after).toMatchObject({
		status: "ready",
		latest_analysis: before.latest_analysis,
	});
	expect((await fetch(after.thumbnail_url ?? "")).status).toBe(200);
	const late = await screenshot(1);
	const interrupted = await user.upload(late.filename, late.bytes);
	await cloud.kill();

	await cloud.restart();
	user = await cloud.signIn(email);
	// The sweeper restarts the stalled item before its message is visible again.
	await cloud.control.letTimePass(interrupted.id);
	await cloud.control.sweepNow();
	expect((await user.settled(interrupted.id)).status).toBe("ready");
	const { results } = await user.search(drawn.word);
	expect(results[0]?.item_id).toBe(id);
}, 600_000);
