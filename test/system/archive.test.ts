import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CognitoSession, CollectionsClient, Item } from "#client/index.ts";
import { keepSession, startCommand } from "../../packages/cli/test/command.ts";
import { screenshot } from "./drawings.ts";
import { OwnCloud } from "./own-cloud.ts";

const pictures = 6;

let cloud: OwnCloud;
let folder: string;
let ada: CollectionsClient;
let bob: CollectionsClient;
const emails = { ada: `ada-${randomUUID()}@example.com`, bob: `bob-${randomUUID()}@example.com` };
let archive: string;

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "collections-archive-"));
	archive = path.join(folder, "ada.tar");
	cloud = await OwnCloud.start();
	[ada, bob] = [await cloud.newUser(emails.ada), await cloud.newUser(emails.bob)];
	const ids: string[] = [];
	for (let at = 0; at < pictures; at++) {
		const { filename, bytes } = await screenshot(at);
		ids.push((await ada.upload(filename, bytes)).id);
	}
	for (const id of ids) await ada.settled(id);
	const [first = "", second = "", third = ""] = ids;
	await ada.call("POST", `/items/${first}/analyze`, { force_reanalyze: true });
	const words = {
		headline: "My boat",
		note: "Blue",
		favorite: true,
		tags: ["Sea", "boat"],
		taken_at: "2024-03-01T10:22:33+09:00",
	};
	await ada.call("PATCH", `/items/${first}`, words);
	await ada.settled(first);
	await ada.call("POST", `/items/${third}/trash`);
	const album = await ada.call<{ id: string }>("POST", "/albums", { name: "Trip", cover_item_id: second });
	await ada.call("PUT", `/albums/${album.id}/items`, { ids: [second, first] });
	const smart = { query: null, filters: { album: album.id, favorite: true } };
	await ada.call("POST", "/albums", { name: "Favourites of the trip", smart });
	await ada.call("POST", "/chat", { message: "Which flight do I take?", session_id: "mine" });
});
afterAll(async () => {
	await cloud?.remove();
	await rm(folder, { recursive: true });
});

/** Starts the command line as a person. */
function start(person: keyof typeof emails, args: string[]) {
	const home = path.join(folder, person);
	const { refreshToken, idToken } = (person === "ada" ? ada : bob).session as CognitoSession;
	const pool = { clientId: cloud.outputs.CliClientId, endpoint: cloud.outputs.CognitoEndpoint };
	keepSession(home, { apiUrl: cloud.outputs.ApiUrl, pool, email: emails[person], refreshToken, idToken });
	return startCommand(home, [...args, "--json"]);
}

async function run(person: keyof typeof emails, ...args: string[]) {
	const { code, stdout, stderr } = await start(person, args).ended;
	// A refusal stands in the one, a result in the other.
	return { code, answer: JSON.parse(stdout || stderr) as Record<string, unknown> };
}

/** Everything that a person sees of their items, by the picture's digest, without what belongs to the copy. */
async function seenBy(client: CollectionsClient) {
	const items: Item[] = [];
	for (const status of [undefined, "trashed"] as const) {
		for await (const item of client.items(status ? { status } : {})) items.push(item);
	}
	const seen = items.map(async (item) => {
		const analyses = await client.call<Record<string, unknown>[]>("GET", `/items/${item.id}/analyses`);
		const { original_filename, width, height, category, headline, summary, note, favorite, tags, status } =
			item as Item & Record<string, unknown>;
		const { taken_at, taken_at_source, created_at } = item;
		return {
			...{ original_filename, width, height, category, headline, summary, note, favorite, tags, status },
			...{ taken_at, taken_at_source, created_at, digest: await digestOf(client, item) },
			analyses: analyses.map(({ id: _, item_id: __, ...analysis }) => analysis),
		};
	});
	const all = await Promise.all(seen);
	return all.sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** The digest of an original. */
async function digestOf(client: CollectionsClient, { filename }: Item): Promise<string> {
	const { url } = await client.call<{ url: string }>("GET", `/images/${filename}`);
	return createHash("sha256")
		.update(new Uint8Array(await (await fetch(url)).arrayBuffer()))
		.digest("hex");
}

/** Albums with the file names of their items, in order. */
async function albumsOf(client: CollectionsClient) {
	const { albums } = await client.call<{ albums: { id: string; name: string }[] }>("GET", "/albums");
	const seen = albums.map(async ({ id, name }) => {
		const { items } = await client.call<{ items: { original_filename: string; created_at: string }[] }>(
			"GET",
			`/items?album=${id}&sort=${name === "Trip" ? "position" : "created"}&fields=full`,
		);
		return { name, items: items.map(({ created_at }) => created_at) };
	});
	return (await Promise.all(seen)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

const vectorsOf = async (client: CollectionsClient) =>
	cloud.control.sql("select model, embedding::text as vector from embeddings where user_id = $1 order by 2", [
		await subOf(client),
	]);

test("an export has everything, and is verified without the service", async () => {
	expect(await run("ada", "export", archive)).toMatchObject({
		code: 0,
		answer: { items: pictures, albums: 2, chats: 1, left_out: 0 },
	});
	expect(await run("bob", "verify", archive)).toMatchObject({ code: 0, answer: { items: pictures, damaged: [] } });
});

test("an import that is killed, and then runs twice at once, gives another person the same, and asks no model", async () => {
	const { child, ended } = start("bob", ["import", archive]);
	const count = async () =>
		(await cloud.control.sql("select id from items where user_id = $1", [await subOf(bob)])).length;
	while (child.exitCode === null && (await count()) === 0) await sleep(5);
	child.kill("SIGKILL");
	await ended;
	const both = await Promise.all([run("bob", "import", archive), run("bob", "import", archive)]);
	for (const { code, answer } of both) expect([code, answer]).toMatchObject([0, { albums: 2, refused: [] }]);
	expect(await count()).toBe(pictures);
	for await (const item of bob.items()) expect((await bob.settled(item.id)).status).toBe("ready");
	await expect
		.poll(async () => (await cloud.control.sql("select 1 from items where status <> 'ready'", [])).length, {
			timeout: 60_000,
		})
		.toBe(0);

	expect(await seenBy(bob)).toEqual(await seenBy(ada));
	expect(await albumsOf(bob)).toEqual(await albumsOf(ada));
	expect(await vectorsOf(bob)).toEqual(await vectorsOf(ada));
	const claims = "select distinct stage from recent_claims where user_id = $1 order by stage";
	expect(await cloud.control.sql(claims, [await subOf(bob)])).toEqual([{ stage: "process" }]);
	expect(await cloud.control.sql(claims, [await subOf(ada)])).toContainEqual({ stage: "analyze" });
	const found = await bob.search("boat", { include_answer: false });
	expect(found.results[0]).toMatchObject({ headline: "My boat" });
});

test("an import into the account that it came from, or again, changes nothing", async () => {
	const before = [await seenBy(ada), await seenBy(bob)];
	for (const person of ["ada", "bob"] as const) {
		expect(await run(person, "import", archive)).toMatchObject({
			code: 0,
			answer: { imported: 0, known: pictures, refused: [] },
		});
	}
	expect([await seenBy(ada), await seenBy(bob)]).toEqual(before);
});

test("a damaged picture is refused alone, by its name", async () => {
	const bytes = await readFile(archive);
	const at = bytes.indexOf(Buffer.from("IEND")) - 40;
	bytes[at] = (bytes[at] ?? 0) ^ 1;
	const damaged = path.join(folder, "damaged.tar");
	await writeFile(damaged, bytes);
	const { code, answer } = await run("bob", "import", damaged);
	expect([code, answer]).toMatchObject([
		4,
		{
			known: pictures - 1,
			refused: [{ path: expect.stringMatching(/^originals\//), reason: expect.stringContaining("is damaged") }],
		},
	]);
});

const subOf = async (client: CollectionsClient): Promise<string> =>
	JSON.parse(Buffer.from((await client.session.token()).split(".")[1] ?? "", "base64url").toString()).sub;
