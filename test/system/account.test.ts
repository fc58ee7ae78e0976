import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { screenshot } from "./drawings.ts";
import { OwnCloud } from "./own-cloud.ts";

let cloud: OwnCloud;
let ada: CollectionsClient;
let bob: CollectionsClient;
let shared: { itemId: string; url: string };
const email = `ada-${randomUUID()}@example.com`;
const confirmed = { confirm: "delete my account" };

beforeAll(async () => {
	cloud = await OwnCloud.start();
	[ada, bob] = [await cloud.newUser(email), await cloud.newUser("bob@example.com")];
	for (const person of [ada, bob]) {
		const { filename, bytes } = await screenshot();
		await person.settled((await person.upload(filename, bytes)).id);
	}
	const { items } = await ada.call<{ items: { id: string }[] }>("GET", "/items");
	const itemId = items[0]?.id ?? "";
	const { url } = await ada.call<{ url: string }>("POST", "/shares", { item_id: itemId, password: "open sesame" });
	shared = { itemId, url };
});
afterAll(() => cloud?.remove());

test("a person is told their address and keeps a profile", async () => {
	await ada.call("PATCH", "/me", { display_name: "Ada", time_zone: "Europe/London" });
	expect(await ada.call("GET", "/me")).toMatchObject({ email, display_name: "Ada", time_zone: "Europe/London" });
	expect(await bob.call("GET", "/me")).toMatchObject({ email: "bob@example.com", display_name: null });
});

test("a visitor opens a shared page with its password, as a browser and as a client, and sees the picture", async () => {
	const accept = "text/html";
	const { url, itemId } = shared;
	expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/s\/[\w-]{24}$/);
	const form = await fetch(url, { headers: { accept } });
	expect([form.status, form.headers.get("x-robots-tag")]).toEqual([403, "noindex, nofollow"]);
	const enter = (password: string) =>
		fetch(url, { method: "POST", headers: { accept }, body: new URLSearchParams({ password }), redirect: "manual" });
	expect((await enter("wrong one")).status).toBe(403);
	const entered = await enter("open sesame");
	expect(entered.status).toBe(303);
	const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
	const page = await (await fetch(url, { headers: { accept, cookie } })).text();
	expect(page).toContain(`${itemId}?size=large`);
	const picture = await fetch(`${url}/${itemId}?size=large`, { headers: { cookie } });
	expect(picture.headers.get("content-type")).toBe("image/jpeg");
	expect(Buffer.from(await picture.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
	const json = await fetch(url, { headers: { cookie } });
	expect(await json.json()).toMatchObject({ total: 1, pictures: [{ id: itemId, download_url: null }] });
	const { shares } = await ada.call<{ shares: object[] }>("GET", "/shares");
	expect(shares).toMatchObject([{ views: 2 }]);
	expect(await bob.call("GET", "/shares")).toEqual({ shares: [] });
});

test("a deleted account leaves nothing, its tokens are refused, and the address signs up as another person", async () => {
	await ada.call("POST", "/chat", { message: "What is in my pictures?", session_id: "mine" });
	const token = await ada.session.token();
	const { sub } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
	const tables = await cloud.control.sql<{ name: string }>(
		`select columns.table_name as name from information_schema.columns
		 join information_schema.tables using (table_schema, table_name)
		 where columns.table_schema = 'public' and column_name = 'user_id' and table_type = 'BASE TABLE'`,
	);
	const rows = async () => {
		const found: string[] = [];
		for (const { name } of tables) {
			const counted = await cloud.control.sql(`select 1 from ${name} where user_id = $1 limit 1`, [sub]);
			if (counted.length > 0) found.push(name);
		}
		return found.sort();
	};
	expect(await rows()).toEqual(expect.arrayContaining(["documents", "embeddings", "items", "profiles", "shares"]));

	expect(await ada.call("DELETE", "/account", confirmed)).toEqual({ status: "deleted" });

	expect(await rows()).toEqual(["deleted_accounts"]);
	// The gateway still lets the token through.
	expect(await refusal(token)).toMatchObject({ status: 401, code: "account_deleted" });
	expect((await fetch(shared.url)).status).toBe(404);
	await expect(cloud.signIn(email)).rejects.toThrow();
	expect(await ada.call("DELETE", "/account", confirmed)).toEqual({ status: "deleted" });

	const again = await cloud.newUser(email);
	expect(await again.call("GET", "/items")).toMatchObject({ total: 0 });
	expect(await again.call("GET", "/me")).toMatchObject({ email, display_name: null });
	expect(await bob.call("GET", "/items")).toMatchObject({ total: 1 });
});

test("a deletion that dies half way is finished by the sweeper", async () => {
	const user = await cloud.newUser(`eve-${randomUUID()}@example.com`);
	const { filename, bytes } = await screenshot();
	await user.settled((await user.upload(filename, bytes)).id);
	const token = await user.session.token();
	const api = String(cloud.outputs.ApiFunctionName);
	await cloud.control.crashNext(api, "before:objects.deletePage");
	await expect(user.call("DELETE", "/account", confirmed)).rejects.toThrow();
	expect((await cloud.control.crash(api)).died).toBe("before:objects.deletePage");
	expect(await refusal(token)).toMatchObject({ status: 401, code: "account_deleted" });
	const unfinished = () => cloud.control.sql("select user_id from deleted_accounts where emptied_at is null");
	expect(await unfinished()).toHaveLength(1);
	await cloud.control.sql("update deleted_accounts set due_at = now()");
	await cloud.control.sweepNow();
	expect(await unfinished()).toEqual([]);
});

/** The API's answer to a token. */
async function refusal(token: string): Promise<unknown> {
	const response = await fetch(`${cloud.outputs.ApiUrl}/items`, { headers: { authorization: `Bearer ${token}` } });
	return response.json();
}
