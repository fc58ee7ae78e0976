import { beforeEach, describe, expect, it } from "vitest";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { type Answer, ada, testApi } from "./test-api.ts";

const minutes = (count: number) => new Date(Date.now() + count * 60_000);

/** When the next URLs end. */
let expiresAt: Date;
let itemId: string;
let ask: (method: string, path: string, json?: unknown) => Promise<Answer>;

beforeEach(async () => {
	const ports = fakePorts();
	itemId = (await readyItem(ports, ada, { headline: "A harbour" })).itemId;
	await readyItem(ports, ada, { headline: "Another harbour" });
	ports.chat = fakeChat((_, calls) =>
		calls === 1
			? { toolCalls: [{ name: "search_collection", input: { query: "harbour" } }] }
			: { text: `A harbour [${itemId.slice(0, 8)}].` },
	);
	ports.objects.presignCacheable = async (key) => ({ url: `https://bucket.example/${key}`, expiresAt });
	const { as } = testApi({ ports });
	ask = (method, path, json) => as(ada)(method, path, json === undefined ? {} : { json });
});

const search = { query: "harbour", search_type: "bm25", include_answer: false };

/** Everything that shows a thumbnail. */
const shown: [
	string,
	() => Promise<{ thumbnail_url?: string; cover_thumbnail_url?: string; expires_at?: string }[]>,
][] = [
	["an item", async () => [(await ask("GET", `/items/${itemId}`)).body]],
	["a list", async () => (await ask("GET", "/items")).body.items],
	["a compact list", async () => (await ask("GET", "/items?fields=compact")).body.items],
	["a search", async () => (await ask("POST", "/search", search)).body.results],
	["similar items", async () => (await ask("POST", `/items/${itemId}/similar`, {})).body.results],
	["a chat", async () => (await ask("POST", "/chat", { message: "harbour" })).body.search_results],
	["an album", async () => [(await ask("POST", "/albums", { name: "Sea", cover_item_id: itemId })).body]],
];

describe.each(shown)("%s", (_, read) => {
	it("says when its thumbnails' URLs end where that is before an hour from now", async () => {
		expiresAt = minutes(59);
		const short = await read();
		expect(short.length).toBeGreaterThan(0);
		for (const each of short) {
			expect(each.thumbnail_url ?? each.cover_thumbnail_url).toContain("https://bucket.example/");
			expect(each.expires_at).toBe(expiresAt.toISOString());
		}
	});

	it("says nothing where they last", async () => {
		expiresAt = minutes(61);
		for (const each of await read()) expect(each).not.toHaveProperty("expires_at");
	});
});
