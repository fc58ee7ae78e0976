import { beforeEach, describe, expect, it } from "vitest";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
let mine: Awaited<ReturnType<typeof readyItem>>;

let requestId: string;
let shareId: string;
let albumId: string;
let jobId: string;
let webhookId: string;
let verificationId: string;

beforeEach(async () => {
	api = testApi();
	mine = await readyItem(api.ports, ada);
	const { itemId } = mine;
	const request = await api.ports.requests.create({
		id: crypto.randomUUID(),
		userId: ada,
		itemId,
		kind: "analyze",
		provider: null,
		model: null,
	});
	requestId = request?.id ?? "";
	await api.ports.edits.edit(ada, itemId, { tags: ["mine"] });
	const share = await api.as(ada)("POST", "/shares", { json: { item_id: itemId } });
	shareId = share.body.id;
	const webhook = await api.as(ada)("POST", "/webhooks", { json: { url: "https://example.com" } });
	webhookId = webhook.body.id;
	const verification = await api.as(ada)("POST", "/verifications", { json: { item_id: itemId } });
	verificationId = verification.body.id;
	const album = {
		id: crypto.randomUUID(),
		userId: ada,
		name: "Mine",
		description: null,
		coverItemId: null,
		smart: null,
	};
	({ id: albumId } = await api.ports.albums.create(album, { maxAlbums: 1 }));
	const job = { id: crypto.randomUUID(), userId: ada, kind: "batch", input: {}, itemIds: [] };
	({ id: jobId } = await api.ports.jobs.create(job, { maxOpen: 1 }));
	const turn = await api.ports.sessions.beginTurn(ada, "mine", "Hello");
	await api.ports.sessions.abandonTurn(ada, turn);
});

// Those of administrators are of no tenant: admin.test.ts.
const addressed = allRoutes.filter((route) => !route.public && !route.forAdmins && route.path.includes("{"));

/** Returns the owner's value of a path's parameter, and an unknown one. */
function valuesFor(path: string): { owned: string; unknown: string } {
	const nobodys = crypto.randomUUID();
	if (path.startsWith("/analyses/")) {
		return { owned: mine.analysisId, unknown: nobodys };
	}
	if (path.startsWith("/images/")) {
		return { owned: `${mine.itemId}.png`, unknown: `${nobodys}.png` };
	}
	if (path.startsWith("/tags/")) return { owned: "mine", unknown: nobodys };
	if (path.startsWith("/jobs/")) return { owned: jobId, unknown: nobodys };
	if (path.startsWith("/albums/")) return { owned: albumId, unknown: nobodys };
	if (path.startsWith("/chat/")) return { owned: "mine", unknown: nobodys };
	if (path.startsWith("/webhooks/")) return { owned: webhookId, unknown: nobodys };
	if (path.startsWith("/verifications/")) return { owned: verificationId, unknown: nobodys };
	if (path.startsWith("/shares/")) return { owned: shareId, unknown: nobodys };
	return { owned: mine.itemId, unknown: nobodys };
}

/** Fills a path with the value of its first parameter and the owner's values of all others. */
function withIds(path: string, value: string): string {
	return path.replace(/{\w+}/, value).replace("{request_id}", requestId);
}

/** Returns a body for the routes that demand one. */
function bodyFor(method: string, path: string): { json?: unknown } {
	if (path.endsWith("/compare")) return { json: { models: ["anthropic", "offline"] } };
	if (path.endsWith("/items")) return { json: { ids: [mine.itemId] } };
	if (method === "PATCH" && path.startsWith("/jobs")) return { json: { state: "paused" } };
	if (method === "PATCH" && path.startsWith("/chat/")) return { json: { title: "Renamed" } };
	if (method === "PATCH" && /^\/(albums|tags)/.test(path)) return { json: { name: "Renamed" } };
	return {};
}

describe("another tenant's id", () => {
	it.each(addressed)("is answered by $method $path like an unknown id", async ({ method, path }) => {
		const { owned, unknown } = valuesFor(path);
		const at = (value: string) => withIds(path, value);
		const others = await api.as(bob)(method, at(owned), bodyFor(method, path));
		const nobodys = await api.as(bob)(method, at(unknown), bodyFor(method, path));
		expect(others.status).toBe(404);
		expect(nobodys.status).toBe(404);
		const comparable = ({ body }: typeof others, value: string) =>
			JSON.stringify({ ...body, instance: "" }).replaceAll(value, "ID");
		expect(comparable(others, owned)).toBe(comparable(nobodys, unknown));
	});

	it.each(addressed)("is found by its owner with $method $path", async ({ method, path }) => {
		const { owned } = valuesFor(path);
		const answer = await api.as(ada)(method, withIds(path, owned), bodyFor(method, path));
		// No stage runs here, so a stage's work stays pending, as does a delivery.
		const waits = /\/(resize-only|compare|test)$/.test(path);
		expect(answer.status).toBe(waits ? 202 : 200);
	});

	it("still exists after another tenant's attempt to delete it", async () => {
		await api.as(bob)("DELETE", `/items/${mine.itemId}`);
		const answer = await api.as(ada)("GET", `/items/${mine.itemId}`);
		expect(answer.status).toBe(200);
	});
});

describe("another tenant", () => {
	it("has nothing of it in the list, the search and the counts", async () => {
		const list = await api.as(bob)("GET", "/items");
		expect(list.body).toEqual({ items: [], total: 0, next_cursor: null });

		for (const search_type of ["bm25", "vector", "hybrid"]) {
			const request = { json: { query: "lighthouse", search_type } };
			const found = await api.as(bob)("POST", "/search", request);
			expect(found.body.results).toEqual([]);
			const own = await api.as(ada)("POST", "/search", request);
			expect(own.body.results).toHaveLength(1);
		}

		const status = await api.as(bob)("GET", "/vector-index/status");
		expect(status.body).toMatchObject({ items: 0, embedded: 0, missing: 0 });
	});

	it("has nothing of it through an agent, by whatever tool or resource names its id", async () => {
		const send = async (userId: string, method: string, params: object) => {
			const { status, body } = await api.as(userId)("POST", "/mcp", {
				json: { jsonrpc: "2.0", id: 1, method, params },
			});
			expect(status).toBe(200);
			return JSON.stringify(body);
		};
		const calls: [method: string, params: (id: string) => object][] = [
			["tools/call", (id) => ({ name: "get_item", arguments: { id, picture: false } })],
			["tools/call", (id) => ({ name: "similar", arguments: { id } })],
			["tools/call", (id) => ({ name: "tag", arguments: { ids: [id], tags: ["x"] } })],
			["resources/read", (id) => ({ uri: `collections://items/${id}` })],
		];
		const nobodys = crypto.randomUUID();
		for (const [method, params] of calls) {
			const others = await send(bob, method, params(mine.itemId));
			const unknown = await send(bob, method, params(nobodys));
			expect(others.replaceAll(mine.itemId, "ID")).toBe(unknown.replaceAll(nobodys, "ID"));
			expect(await send(ada, method, params(mine.itemId))).not.toContain("There is no item");
		}
		for (const name of ["search", "list"]) {
			const params = { name, arguments: name === "search" ? { query: "lighthouse" } : {} };
			expect(await send(bob, "tools/call", params)).not.toContain(mine.itemId);
			expect(await send(ada, "tools/call", params)).toContain(mine.itemId);
		}
		expect(await send(bob, "resources/list", {})).not.toContain(mine.itemId);
		expect(await send(ada, "resources/list", {})).toContain(mine.itemId);
	});

	it("that uploads the same bytes gets its own item", async () => {
		const upload = async (userId: string) => api.as(userId)("POST", "/items", { form: { file: mine.file } });
		const { body: again } = await upload(ada);
		const { body: others } = await upload(bob);
		expect(again.id).toBe(mine.itemId);
		expect(others.id).not.toBe(mine.itemId);
	});
});
