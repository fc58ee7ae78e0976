import { afterAll, beforeAll, expect, test } from "vitest";
import { tavilySearch } from "#ai/tavily/web-search.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";

let server: ProviderServer;
beforeAll(async () => {
	server = await serveProvider();
});
afterAll(() => server.close());

const search = (key: string | null = "tvly-1") =>
	tavilySearch({
		key: { setting: "the key", read: async () => key },
		baseUrl: server.url,
	});
const soon = (seconds = 5) => new Date(Date.now() + seconds * 1_000);
const page = {
	title: "Sakura",
	url: "https://example.com/",
	content: "A hotel.",
};

test("a query is sent with the key, and returns pages", async () => {
	server.answers({
		status: 200,
		body: { query: "x", results: [{ ...page, score: 0.9 }], response_time: 1 },
	});
	expect(await search().search("hotel sakura", soon())).toEqual([page]);
	expect(server.requests).toMatchObject([
		{
			path: "/search",
			headers: { authorization: "Bearer tvly-1" },
			body: { query: "hotel sakura", max_results: 5 },
		},
	]);
});

test("web search is on only if a key is set", async () => {
	expect(await search().isEnabled()).toBe(true);
	expect(await search(null).isEnabled()).toBe(false);
});

test("long pages are cut, and at most five are returned", async () => {
	const content = "x".repeat(100_000);
	server.answers({
		status: 200,
		body: { results: Array.from({ length: 20 }, () => ({ ...page, content })) },
	});
	const pages = await search().search("x", soon());
	expect(pages).toHaveLength(5);
	expect(pages[0]?.content).toHaveLength(1_500);
});

test.each([
	["an overload that stays", { status: 429, body: { detail: "slow down" } }],
	["a page instead of JSON", { status: 200, body: "<html>" }],
	["results of another shape", { status: 200, body: { results: [{}] } }],
	["a closed connection", "reset"],
] as const)("%s is a failure in time", async (_, reply) => {
	server.answers(reply);
	await expect(search().search("x", soon(4))).rejects.toMatchObject({
		code: "chat_unavailable",
	});
});

test("a request without a response ends at the deadline", async () => {
	server.answers("silence");
	await expect(search().search("x", soon(1.5))).rejects.toMatchObject({
		code: "chat_unavailable",
	});
});

test("the error for a refused key names its setting, and not the key", async () => {
	server.answers({ status: 401, body: { detail: "tvly-1 is wrong" } });
	const failure = await search()
		.search("x", soon())
		.catch((error) => error);
	expect(failure).toMatchObject({ code: "provider_not_configured" });
	expect(failure.message).toContain("the key");
	expect(failure.message).not.toContain("tvly-1");
});
