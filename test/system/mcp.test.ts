import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import type { CollectionsClient } from "#client/index.ts";
import { card } from "./drawings.ts";
import { newUser, outputs } from "./environment.ts";

const address = new URL("/mcp", outputs.ApiUrl);

/** One exchange on the wire: the message that was sent, and the status of the answer. */
type Exchange = [sent: string, status: number];

/** Connects an agent's client as the person of a token. `transcript` gets what it sends. */
async function connect(token: string | null) {
	const transcript: Exchange[] = [];
	const client = new Client({ name: "test", version: "1" });
	const transport = new StreamableHTTPClientTransport(address, {
		...(token && { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
		async fetch(url, init) {
			const response = await fetch(url, init);
			const { method, params } = init?.body ? JSON.parse(String(init.body)) : {};
			transcript.push([`${init?.method} ${[method, params?.name].filter(Boolean).join(" ")}`.trim(), response.status]);
			return response;
		},
	});
	await client.connect(transport as Parameters<Client["connect"]>[0]);
	async function call(name: string, input: object) {
		const { content, isError } = await client.callTool({ name, arguments: { ...input } });
		const [mark, data, ...more] = content as { type: string; text?: string; mimeType?: string; data?: string }[];
		return { isError, mark: mark?.text, data: isError ? null : JSON.parse(data?.text ?? ""), more };
	}
	return { client, call, transcript };
}

let owner: CollectionsClient;
let stranger: CollectionsClient;

beforeAll(async () => {
	[owner, stranger] = await Promise.all([newUser("owner"), newUser("stranger")]);
});

test("an agent uploads, finds, sees, asks about and tags pictures over HTTP, and a stranger's agent finds nothing of them", async () => {
	const { client, call, transcript } = await connect(await owner.session.token());
	const { tools } = await client.listTools();
	expect(tools.map(({ name }) => name)).toEqual(["search", "ask", "get_item", "similar", "list", "upload", "tag"]);

	// Uncompressed it has more than the 64 KB that other routes take.
	const picture = await sharp(await card(["Ferry to Lisbon", "Gate B22 boards at 10:45"]))
		.png({ compressionLevel: 0 })
		.toBuffer();
	expect(picture.length).toBeGreaterThan(500_000);
	const upload = { filename: "ferry.png", data: picture.toString("base64") };
	const { data: uploaded } = await call("upload", upload);
	const { id } = uploaded;
	expect((await owner.settled(id)).status).toBe("ready");

	const found = await call("search", { query: "ferry" });
	expect(found.mark).toMatch(/^Untrusted content follows/);
	expect(found.data.results).toMatchObject([{ item_id: id, match: "strong" }]);
	const got = await call("get_item", { id });
	expect(got.data.text.join(" ")).toContain("Gate B22");
	expect(got.more).toMatchObject([{ type: "image", mimeType: "image/webp" }]);
	expect(got.more[0]?.data?.length).toBeGreaterThan(100);
	const answered = await call("ask", { question: "When does gate B22 board?" });
	expect(answered.data.answer).toContain("10:45");
	expect(answered.data.citations).toMatchObject([{ item_id: id }]);
	expect((await call("similar", { id })).data).toEqual({ results: [] });
	expect((await call("tag", { ids: [id], tags: ["trip"] })).data).toMatchObject({ done: 1 });
	expect((await call("list", { tag: ["trip"] })).data).toMatchObject({ total: 1, items: [{ id, tags: ["trip"] }] });
	const { resources } = await client.listResources();
	expect(resources).toMatchObject([{ uri: `collections://items/${id}` }]);
	const { contents } = await client.readResource({ uri: `collections://items/${id}` });
	expect(JSON.stringify(contents)).toContain("untrusted_content");

	const others = await connect(await stranger.session.token());
	expect((await others.call("search", { query: "ferry" })).data.results).toEqual([]);
	expect((await others.call("list", {})).data).toMatchObject({ total: 0, items: [] });
	const attempts: [string, object][] = [
		["get_item", { id }],
		["similar", { id }],
		["tag", { ids: [id], tags: ["theirs"] }],
	];
	for (const [name, input] of attempts) {
		const refused = await others.call(name, input);
		expect(refused).toMatchObject({ isError: true, mark: expect.stringContaining(`There is no item ${id}`) });
	}
	expect((await others.client.listResources()).resources).toEqual([]);
	await expect(others.client.readResource({ uri: `collections://items/${id}` })).rejects.toThrow("There is no item");
	expect((await owner.item(id)).tags).toEqual(["trip"]);

	// The client asks for a stream beside its first calls, and goes on without.
	const sent = ({ transcript }: { transcript: Exchange[] }) => transcript.filter(([what]) => what !== "GET");
	expect(transcript.filter(([what]) => what === "GET")).toEqual([["GET", 405]]);
	expect(sent({ transcript })).toEqual([
		["POST initialize", 200],
		["POST notifications/initialized", 202],
		["POST tools/list", 200],
		["POST tools/call upload", 200],
		["POST tools/call search", 200],
		["POST tools/call get_item", 200],
		["POST tools/call ask", 200],
		["POST tools/call similar", 200],
		["POST tools/call tag", 200],
		["POST tools/call list", 200],
		["POST resources/list", 200],
		["POST resources/read", 200],
	]);
	expect(sent(others).map(([, status]) => status)).toEqual([200, 202, 200, 200, 200, 200, 200, 200, 200]);
	await Promise.all([client.close(), others.client.close()]);
});

test("a client without a valid token is told where to sign in, by documents that it can follow", async () => {
	for (const token of [null, "wrong"]) {
		const refused = await fetch(address, {
			method: "POST",
			headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
			body: "{}",
		});
		expect(refused.status).toBe(401);
		const [, document = ""] = /resource_metadata="([^"]+)"/.exec(refused.headers.get("www-authenticate") ?? "") ?? [];
		const metadata = (await (await fetch(document)).json()) as { resource: string; authorization_servers: string[] };
		expect(metadata).toMatchObject({ resource: address.href, authorization_servers: [outputs.TokenIssuer] });
	}
	await expect(connect(null)).rejects.toThrow();
});
