import { describe, expect, test } from "vitest";
import { ApiProblem, CollectionsClient, type Session, TimedOut } from "../index.ts";
import { type StubAnswer, stubServer } from "./stub-server.ts";

const unauthorized: StubAnswer = { status: 401, body: { message: "Unauthorized" } };
const refused = (status: number, seconds?: string): StubAnswer => ({
	status,
	headers: seconds ? { "retry-after": seconds } : {},
	body: { detail: "Later.", code: "rate_limited" },
});

/** A session whose tokens are `token-1`, `token-2` ... */
function numbered(): Session & { renewals: number } {
	const session = {
		renewals: 0,
		token: async () => `token-${session.renewals + 1}`,
		renewed: async () => `token-${++session.renewals + 1}`,
	};
	return session;
}

describe("a token that is refused", () => {
	test("is renewed once, and the request sent again with its body", async () => {
		await using api = await stubServer(({ headers }) =>
			headers.authorization === "Bearer token-2" ? { body: { ok: true } } : unauthorized,
		);
		const client = new CollectionsClient({ apiUrl: api.url, session: numbered() });
		expect(await client.call("POST", "/chat", { message: "Hello" })).toEqual({ ok: true });
		expect(api.received.map(({ headers, body }) => [headers.authorization, body])).toEqual([
			["Bearer token-1", '{"message":"Hello"}'],
			["Bearer token-2", '{"message":"Hello"}'],
		]);
	});

	test("is the caller's error if the new one is refused, too, or there is no other", async () => {
		await using api = await stubServer(() => unauthorized);
		for (const [session, requests] of [
			[numbered(), 2],
			["a-token", 1],
		] as const) {
			api.received.length = 0;
			const client = new CollectionsClient({ apiUrl: api.url, session });
			await expect(client.call("GET", "/items")).rejects.toMatchObject({ status: 401, code: null });
			expect(api.received).toHaveLength(requests);
		}
	});
});

describe("a request that is refused for the moment", () => {
	test("is sent again after Retry-After", async () => {
		await using api = await stubServer((_, count) => (count === 1 ? refused(429, "1") : {}));
		const started = performance.now();
		await new CollectionsClient({ apiUrl: api.url, session: "t" }).call("POST", "/chat", {});
		expect(performance.now() - started).toBeGreaterThan(990);
		expect(api.received).toHaveLength(2);
	});

	test("fails once its waits would be too long", async () => {
		await using api = await stubServer(() => refused(429, "30"));
		const client = new CollectionsClient({ apiUrl: api.url, session: "t", maxWaitSeconds: 10 });
		await expect(client.call("GET", "/items")).rejects.toMatchObject({ status: 429, retryAfterSeconds: 30 });
		expect(api.received).toHaveLength(1);
	});

	test("is not sent again by 503 if it may be carried out twice, or the caller does not want it", async () => {
		await using api = await stubServer(() => refused(503, "1"));
		const wanted = new CollectionsClient({ apiUrl: api.url, session: "t" });
		await expect(wanted.call("POST", "/chat", {})).rejects.toMatchObject({ status: 503 });
		const unwanted = new CollectionsClient({ apiUrl: api.url, session: "t", retryUnavailable: false });
		await expect(unwanted.call("GET", "/items")).rejects.toMatchObject({ status: 503 });
		expect(api.received).toHaveLength(2);
	});

	test("is sent again by 503 under the key that it had", async () => {
		await using api = await stubServer((_, count) => (count === 1 ? refused(503, "1") : { body: { results: [] } }));
		await new CollectionsClient({ apiUrl: api.url, session: "t" }).search("gate");
		const keys = api.received.map(({ headers }) => headers["idempotency-key"]);
		expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
		expect(keys[1]).toBe(keys[0]);
	});

	test("is sent again by the gateway's 503, which names no time", async () => {
		await using api = await stubServer((_, count) => (count === 1 ? refused(503) : { body: { id: "1" } }));
		await new CollectionsClient({ apiUrl: api.url, session: "t" }).item("1");
		expect(api.received).toHaveLength(2);
	});
});

describe("a request", () => {
	test("that is not answered in time says so", async () => {
		await using api = await stubServer(() => ({ afterMs: 5_000 }));
		const client = new CollectionsClient({ apiUrl: api.url, session: "t", timeoutMs: 50 });
		await expect(client.item("1")).rejects.toThrow(TimedOut);
		await expect(client.item("1")).rejects.toThrow("GET /items/1 was not answered within 0.05 seconds.");
	});

	test("ends with the signal of its call, or of the client, also while it waits", async () => {
		await using api = await stubServer(({ path }) => (path === "/slow" ? { afterMs: 5_000 } : refused(429, "30")));
		const reason = new Error("The person left.");
		for (const path of ["/slow", "/later"]) {
			const ofCall = new AbortController();
			const called = new CollectionsClient({ apiUrl: api.url, session: "t" }).call("GET", path, undefined, ofCall);
			setTimeout(() => ofCall.abort(reason), 50);
			await expect(called).rejects.toBe(reason);
			const ofClient = new AbortController();
			const owned = new CollectionsClient({ apiUrl: api.url, session: "t", signal: ofClient.signal });
			setTimeout(() => ofClient.abort(reason), 50);
			await expect(owned.call("GET", path)).rejects.toBe(reason);
		}
	});

	test("that fails is an error with the API's sentence, its code and its fields", async () => {
		await using api = await stubServer(() => ({
			status: 422,
			body: {
				detail: "body.top_k: Too big.",
				code: "invalid_fields",
				instance: "urn:request:abc",
				errors: [{ field: "body.top_k", detail: "Too big" }],
			},
		}));
		const error = await new CollectionsClient({ apiUrl: api.url, session: "t" }).search("gate").catch((e) => e);
		expect(error).toBeInstanceOf(ApiProblem);
		expect(error).toMatchObject({
			message: "POST /search answered 422: body.top_k: Too big.",
			code: "invalid_fields",
			requestId: "abc",
			fields: [{ field: "body.top_k", detail: "Too big" }],
		});
	});

	test("that a proxy between answers in HTML is an error with its status", async () => {
		await using api = await stubServer(() => ({ status: 502, body: "<h1>Bad gateway</h1>" }));
		await expect(new CollectionsClient({ apiUrl: api.url, session: "t" }).item("1")).rejects.toMatchObject({
			status: 502,
			body: "<h1>Bad gateway</h1>",
		});
	});
});

test("items are listed to the last page", async () => {
	await using api = await stubServer(({ path }) =>
		path.includes("cursor=next")
			? { body: { items: [{ id: "3" }], next_cursor: null } }
			: { body: { items: [{ id: "1" }, { id: "2" }], next_cursor: "next" } },
	);
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	const ids: string[] = [];
	for await (const { id } of client.items({ category: "Food" })) ids.push(id);
	expect(ids).toEqual(["1", "2", "3"]);
	expect(api.received.map(({ path }) => path)).toEqual([
		"/items?category=Food&fields=full&limit=100",
		"/items?category=Food&fields=full&limit=100&cursor=next",
	]);
	api.received.length = 0;
	for await (const { id } of client.compactItems({ tag: ["a", "b"] })) ids.push(id);
	expect(ids).toHaveLength(6);
	expect(api.received[0]?.path).toBe("/items?tag=a&tag=b&fields=compact&limit=100");
});

test("items are watched together until each is ready, failed or gone", async () => {
	const looks = new Map<string, number>();
	const statuses: Record<string, string[]> = { a: ["uploaded", "uploaded", "ready"], b: ["failed"] };
	await using api = await stubServer(({ path, headers }) => {
		const query = new URL(path, "http://api").searchParams;
		const isLook = query.get("fields") === "compact";
		const items = query.getAll("ids").flatMap((id) => {
			const look = looks.get(id) ?? 0;
			if (isLook) looks.set(id, look + 1);
			const status = statuses[id]?.[isLook ? look : look - 1];
			return status ? [{ id, status }] : [];
		});
		const etag = `W/"${JSON.stringify(items).replaceAll('"', "")}"`;
		if (isLook && headers["if-none-match"] === etag) return { status: 304, headers: { etag }, body: "" };
		return { headers: { etag }, body: { items, total: items.length, next_cursor: null } };
	});
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	const seen: string[] = [];
	for await (const { id, status } of client.watch(["a", "A", "b", "gone"], { everyMs: 1 }))
		seen.push(`${id} ${status}`);
	expect(seen).toEqual(["a uploaded", "b failed", "a ready"]);
	expect(api.received.map(({ path, headers }) => [path, headers["if-none-match"] ?? null])).toEqual([
		["/items?ids=a&ids=b&ids=gone&fields=compact", null],
		["/items?ids=a&ids=b&fields=full", null],
		["/items?ids=a&fields=compact", null],
		["/items?ids=a&fields=compact", 'W/"[{id:a,status:uploaded}]"'],
		["/items?ids=a&fields=full", null],
	]);
});

test("a look at watched items that did not change has no body", async () => {
	const statuses = ["uploaded", "uploaded", "uploaded", "ready"];
	const answers: number[] = [];
	let looks = 0;
	await using api = await stubServer(({ path, headers }) => {
		const isLook = path.includes("compact");
		const status = statuses[isLook ? looks++ : looks - 1];
		const isSame = isLook && headers["if-none-match"] === `"${status}"`;
		answers.push(isSame ? 304 : 200);
		return isSame
			? { status: 304, body: "" }
			: { headers: { etag: `"${status}"` }, body: { items: [{ id: "a", status }], next_cursor: null } };
	});
	const seen: string[] = [];
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	for await (const { status } of client.watch(["a"], { everyMs: 1 })) seen.push(status);
	expect(seen).toEqual(["uploaded", "ready"]);
	expect(answers).toEqual([200, 200, 304, 304, 200, 200]);
});
