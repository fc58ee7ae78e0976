import { describe, expect, it } from "vitest";
import { fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

/** An API with one shared item, and visitors without a token. */
async function shared(request: object = {}, { ports = fakePorts(), limits = generousLimits } = {}) {
	const api = testApi({ ports, limits });
	const { itemId } = await readyItem(ports, ada);
	const { status, body } = await api.as(ada)("POST", "/shares", { json: { item_id: itemId, ...request } });
	expect(status, JSON.stringify(body)).toBe(201);
	const path = new URL(body.url).pathname;
	const visit = (at = path, headers: Record<string, string> = {}) => api.app.request(at, { headers });
	const enter = (password: string, headers: Record<string, string> = {}) =>
		api.app.request(path, {
			method: "POST",
			headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
			body: new URLSearchParams({ password }).toString(),
		});
	return { api, ports, itemId, share: body, path, visit, enter };
}

const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;

describe("a share", () => {
	it("has its address in the answer that made it alone, and counts who opened it", async () => {
		const { api, share, visit, path, itemId } = await shared({ title: "  Holidays " });
		expect(share.url).toMatch(/^https:\/\/[^/]+\/s\/[\w-]{24}$/);
		expect(share).toMatchObject({ item_id: itemId, album_id: null, title: "Holidays", has_password: false, views: 0 });
		expect((await visit()).status).toBe(200);
		expect((await visit(path, browser)).status).toBe(200);
		expect((await visit(`${path}?offset=60`)).status, "a further page is no other visit").toBe(200);
		const { body } = await api.as(ada)("GET", "/shares");
		expect(body.shares).toMatchObject([{ id: share.id, url: null, views: 2 }]);
		expect(JSON.stringify(body)).not.toContain(path.split("/")[2]);
		expect((await api.as(bob)("GET", "/shares")).body).toEqual({ shares: [] });
	});

	it("has an address that no idempotency key keeps", async () => {
		const ports = fakePorts();
		const api = testApi({ ports });
		const { itemId } = await readyItem(ports, ada);
		const raw = {
			method: "POST",
			headers: { authorization: `Bearer ${ada}`, "content-type": "application/json", "idempotency-key": "k" },
			body: JSON.stringify({ item_id: itemId }),
		};
		expect((await api.app.request("/shares", raw)).status).toBe(201);
		const again = await api.app.request("/shares", raw);
		expect(again.status).toBe(409);
		expect((await bodyOf(again)).code).toBe("answer_not_kept");
	});

	it.each([
		[{}, "body.item_id"],
		[{ item_id: null, album_id: null }, "body.item_id"],
		[{ album_id: crypto.randomUUID() }, null],
		[{ password: "short" }, "body.password"],
		[{ expires_at: "2020-01-01T00:00:00Z" }, "body.expires_at"],
		[{ expires_at: "tomorrow" }, "body.expires_at"],
		[{ keep_metadata: true }, "body.keep_metadata"],
		[{ title: "   " }, "body.title"],
		[{ url: "https://example.com" }, "body.url"],
	])("is not made of %j", async (request, field) => {
		const ports = fakePorts();
		const { itemId } = await readyItem(ports, ada);
		const json = field === "body.item_id" || "album_id" in request ? request : { item_id: itemId, ...request };
		const { status, body } = await testApi({ ports }).as(ada)("POST", "/shares", { json });
		expect(status).toBe(field ? 422 : 404);
		if (field) expect(body.errors[0].field).toBe(field);
	});

	it("cannot be made of another person's item, which is answered as one that is not there", async () => {
		const ports = fakePorts();
		const { itemId } = await readyItem(ports, ada);
		const as = testApi({ ports }).as(bob);
		const others = await as("POST", "/shares", { json: { item_id: itemId } });
		expect(others).toMatchObject({ status: 404, body: { code: "item_not_found" } });
	});
});

describe("a visitor", () => {
	it("is told no more than the picture, by JSON and by the page", async () => {
		const { visit, path, itemId } = await shared();
		const json = await bodyOf(await visit());
		const at = `https://localhost${path}/${itemId}`;
		expect(json).toEqual({
			title: null,
			allow_download: false,
			expires_at: null,
			total: 1,
			pictures: [
				{
					id: itemId,
					title: null,
					width: 1,
					height: 1,
					thumbnail_url: `${at}?size=thumbnail`,
					url: `${at}?size=large`,
					download_url: null,
				},
			],
		});
		const page = await (await visit(path, browser)).text();
		for (const secret of [ada, "lighthouse", "Travel", "shot", "example.com"]) {
			expect(page).not.toContain(secret);
			expect(JSON.stringify(json)).not.toContain(secret);
		}
	});

	it("gets a page that runs nothing, is kept by nobody, and is told to search engines by nobody", async () => {
		const { visit, path } = await shared();
		const response = await visit(path, browser);
		expect(response.headers.get("content-type")).toMatch(/^text\/html/);
		expect(response.headers.get("content-security-policy")).toMatch(
			/^default-src 'none'; img-src 'self' data:; style-src 'sha256-[\w+/=]+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
		);
		expect(response.headers.get("x-robots-tag")).toBe("noindex, nofollow");
		expect(response.headers.get("cache-control")).toBe("private, no-store");
		expect(response.headers.get("vary")).toBe("accept, cookie");
		expect(await response.text()).not.toMatch(/<script|\son\w+=|style="/);
	});

	it("sees what a person wrote as text, however it looks", async () => {
		const title = `<script>alert(1)</script>"><img src=x onerror=alert(2)> & 'quotes'`;
		const { visit, path } = await shared({ title });
		const page = await (await visit(path, browser)).text();
		expect(page).not.toContain("<script");
		expect(page).not.toContain("<img src=x");
		expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&gt;&lt;img src=x onerror=alert(2)&gt; &amp;");
	});

	it("gets the derived pictures, which have no metadata, and no other item's", async () => {
		const { visit, path, itemId, ports } = await shared();
		const second = await readyItem(ports, ada);
		const thumbnail = await visit(`${path}/${itemId}?size=thumbnail`);
		expect([thumbnail.status, thumbnail.headers.get("content-type")]).toEqual([200, "image/webp"]);
		const large = await visit(`${path}/${itemId}`);
		expect([large.status, large.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
		expect(large.headers.get("content-disposition")).toBeNull();
		for (const id of [second.itemId, crypto.randomUUID(), "x"]) {
			expect((await visit(`${path}/${id}`)).status).toBe(404);
		}
		expect((await visit(`${path}/${itemId}?size=download`)).status).toBe(404);
	});

	it("may save the picture without metadata where its person allows it", async () => {
		const { visit, path, itemId } = await shared({ allow_download: true });
		expect(await (await visit(path, browser)).text()).toContain(`${itemId}?size=download" download`);
		const saved = await visit(`${path}/${itemId}?size=download`);
		expect(saved.headers.get("content-type")).toBe("image/jpeg");
		expect(saved.headers.get("content-disposition")).toBe(`attachment; filename="shot.jpg"; filename*=UTF-8''shot.jpg`);
	});

	it("gets the original as it is only where its person asked for that", async () => {
		const { visit, path, itemId } = await shared({ allow_download: true, keep_metadata: true });
		const saved = await visit(`${path}/${itemId}?size=download`);
		expect(saved.status).toBe(302);
		expect(saved.headers.get("location")).toMatch(/originals\/.*\.png\?expires=60&filename=shot\.png$/);
	});

	it("gets the same 404 for what expired, was ended, deleted or put into the trash, or never was", async () => {
		const ports = fakePorts();
		const expired = await shared({ expires_at: new Date(Date.now() + 60_000).toISOString() }, { ports });
		const ended = await shared({}, { ports });
		const deleted = await shared({}, { ports });
		const trashed = await shared({}, { ports });
		await ended.api.as(ada)("DELETE", `/shares/${ended.share.id}`);
		await deleted.api.as(ada)("DELETE", `/items/${deleted.itemId}`);
		await trashed.api.as(ada)("POST", `/items/${trashed.itemId}/trash`);
		ports.clock.advance(61);
		const paths = [expired.path, ended.path, deleted.path, trashed.path, `/s/${"a".repeat(24)}`, "/s/x"];
		for (const headers of [{}, browser] as Record<string, string>[]) {
			const answers = await Promise.all(
				paths.map(async (path) => {
					const response = await ended.visit(path, headers);
					return [response.status, (await response.text()).replace(/urn:request:[\w-]+/, "")];
				}),
			);
			expect(answers[0]?.[0]).toBe(404);
			expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
		}
	});

	it("waits where a person's pages are asked for too often", async () => {
		const limits = {
			...generousLimits,
			requestsPerMinute: { ...generousLimits.requestsPerMinute, share: 2 },
		};
		const { visit, path, api } = await shared({}, { limits });
		expect((await visit()).status).toBe(200);
		expect((await visit()).status).toBe(200);
		const refused = await visit(path, browser);
		expect(refused.status).toBe(429);
		expect(refused.headers.get("retry-after")).toBe("30");
		expect(refused.headers.get("content-type")).toMatch(/^text\/html/);
		expect((await api.as(ada)("GET", "/items")).status).toBe(200);
	});
});

describe("a page with a password", () => {
	const password = "correct horse";

	it("shows nothing before it is entered, and asks browsers for it", async () => {
		const { visit, path, itemId, api } = await shared({ password, title: "Secret party" });
		const refused = await visit();
		expect(refused.status).toBe(403);
		expect((await bodyOf(refused)).code).toBe("password_required");
		expect((await visit(`${path}/${itemId}`)).status).toBe(403);
		const form = await visit(path, browser);
		expect(form.status).toBe(403);
		const text = await form.text();
		expect(text).toContain('<form method="post"');
		expect(text).not.toMatch(/Secret|og:/);
		expect((await api.as(ada)("GET", "/shares")).body.shares).toMatchObject([{ views: 0, has_password: true }]);
	});

	it("opens for a browser by a form and a cookie, and for a client by JSON", async () => {
		const { visit, enter, path, itemId, api } = await shared({ password });
		const entered = await enter(password, browser);
		expect([entered.status, entered.headers.get("location")]).toEqual([303, path]);
		const [cookie = "", ...attributes] = entered.headers.get("set-cookie")?.split("; ") ?? [];
		expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=43200", `Path=${path}`, "SameSite=Lax", "Secure"]);
		expect((await visit(path, { ...browser, cookie })).status).toBe(200);
		expect((await visit(`${path}/${itemId}`, { cookie })).status).toBe(200);
		const json = await api.app.request(path, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ password }),
		});
		expect(json.status).toBe(200);
		expect((await bodyOf(json)).total).toBe(1);
		expect((await visit(path, { cookie: "pass=1.x" })).status).toBe(403);
	});

	it("can be guessed wrong ten times, and then not even the right one helps until time has passed", async () => {
		const { enter, ports } = await shared({ password });
		for (let guest = 0; guest < 2; guest += 1) expect((await enter(password)).status).toBe(200);
		for (let guess = 0; guess < 10; guess += 1) {
			const wrong = await enter(`guess ${guess}`);
			expect(wrong.status).toBe(403);
			expect((await bodyOf(wrong)).code).toBe("password_wrong");
		}
		const refused = await enter(password);
		expect(refused.status).toBe(429);
		expect(refused.headers.get("retry-after")).toBe("360");
		expect((await bodyOf(refused)).code).toBe("too_many_guesses");
		const page = await enter(password, browser);
		expect(page.status).toBe(429);
		expect(await page.text()).toContain("Too many passwords were tried: try again in 6 minutes.");
		ports.clock.advance(360);
		expect((await enter(password)).status).toBe(200);
	});

	it("is guessed by nobody while guesses cannot be counted", async () => {
		const ports = fakePorts();
		const { enter } = await shared({ password }, { ports });
		const { take } = ports.rateLimits;
		ports.rateLimits.take = async (userId, limit, units) => {
			if (limit.routeClass.startsWith("guess#")) throw new Error("No table.");
			return take(userId, limit, units);
		};
		const refused = await enter(password);
		expect(refused.status).toBe(503);
		expect((await bodyOf(refused)).code).toBe("guesses_unavailable");
	});

	it("says which field a request without a password lacks", async () => {
		const { api, path } = await shared({ password });
		for (const raw of [
			{ method: "POST" },
			{ method: "POST", headers: { "content-type": "application/json" }, body: "{}" },
		]) {
			expect((await api.app.request(path, raw)).status).toBe(422);
		}
	});
});
