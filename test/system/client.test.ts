import { execFile } from "node:child_process";
import { mkdtempDisposable, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { type CognitoSession, CollectionsClient, type Item, resumeSession, signIn } from "#client/index.ts";
import { collect } from "../support/collect.ts";
import { card } from "./drawings.ts";
import { newUser, outputs } from "./environment.ts";

const lines = ["Flight to Lisbon", "Gate B22 boards at 10:45"];

let owner: CollectionsClient;
let stranger: CollectionsClient;
let items: Item[];

beforeAll(async () => {
	[owner, stranger] = await Promise.all([newUser("owner"), newUser("stranger")]);
	const small = await card(lines);
	// Uncompressed it has more than the 4 MB that the gateway takes.
	const large = new Uint8Array(await sharp(small).resize(2_400).png({ compressionLevel: 0 }).toBuffer());
	expect(large.length).toBeGreaterThan(4_000_000);
	const uploaded = [await owner.upload("small.png", small), await owner.upload("large.png", large)];
	const settled = new Map<string, Item>();
	for await (const item of owner.watch(uploaded.map(({ id }) => id))) settled.set(item.id, item);
	items = [...settled.values()];
});

test("small and large pictures are uploaded and watched until they are ready", async () => {
	expect(items.map(({ status }) => status)).toEqual(["ready", "ready"]);
	const listed = [];
	for await (const { id } of owner.items({ status: "ready" })) listed.push(id);
	expect(listed.sort()).toEqual(items.map(({ id }) => id).sort());
});

test("many pictures are uploaded at once, and one that is no picture does not hold up the others", async () => {
	const outcomes = new Map<string, string>();
	const files = [
		{ filename: "known.png", content: new Blob([await card(lines)]) },
		{ filename: "letter.pdf", content: new Blob(["%PDF"]) },
		{ filename: "new.png", content: new Blob([await card(["Another card"])]) },
	];
	for await (const uploaded of owner.uploadAll(files)) {
		outcomes.set(uploaded.file.filename, "id" in uploaded ? uploaded.id : uploaded.problem.code);
	}
	const small = items.find(({ original_filename }) => original_filename === "small.png");
	expect(outcomes.get("known.png")).toBe(small?.id);
	expect(outcomes.get("letter.pdf")).toBe("invalid_fields");
	expect((await owner.settled(outcomes.get("new.png") ?? "")).status).toBe("ready");
});

test("text is found where it was drawn, in every size of the picture", async () => {
	for (const { id } of items) {
		const { data } = await owner.api.GET("/items/{id}/text", { params: { path: { id } } });
		expect(data?.complete).toBe(true);
		// OCR may miss a space; the first word tells the lines apart.
		const read = lines.map((line) => data?.lines.find(({ text }) => text.startsWith(line.split(" ")[0] ?? "")));
		// The card has 280 pixels; its lines begin at 60 and 140, and have 60 to the left.
		for (const [at, line] of read.entries()) {
			const [x = 0, y = 0, width = 0, height = 0] = line?.box ?? [];
			expect(line?.confidence, JSON.stringify(data?.lines)).toBeGreaterThan(0.8);
			expect(Math.abs(x - 60 / 800), `${x}`).toBeLessThan(0.03);
			expect(Math.abs(y - (60 + at * 80) / 280), `${y}`).toBeLessThan(0.06);
			expect(height).toBeLessThan(0.25);
			expect(width).toBeGreaterThan(0.2);
		}
	}
});

test("a hit says where its picture has the word, and the line that its answer cites", async () => {
	const found = await owner.search("gate", { search_type: "bm25", explain: true });
	const [hit] = found.results;
	const [match] = hit?.boxes ?? [];
	expect(match).toMatchObject({ word: "gate", text: "Gate" });
	// "Gate" begins the second line.
	const [x = 0, y = 0, width = 0] = match?.box ?? [];
	expect(Math.abs(x - 60 / 800)).toBeLessThan(0.03);
	expect(y).toBeGreaterThan(0.4);
	expect(width).toBeLessThan(0.2);
	const cited = found.citations.find(({ snippet }) => lines.includes(snippet));
	if (cited) expect(cited.box).toHaveLength(4);
});

test("the example uploads, tags, edits, shares and shows a grid", async () => {
	await using folder = await mkdtempDisposable(path.join(tmpdir(), "collections-grid-"));
	const newcomer = await newUser("newcomer");
	const env = {
		...process.env,
		COLLECTIONS_URL: outputs.ApiUrl,
		COLLECTIONS_TOKEN: await newcomer.session.token(),
		PICTURES: "8",
	};
	const example = path.resolve("packages/client/examples/grid.ts");
	const { stdout } = await promisify(execFile)(process.execPath, [example], { cwd: folder.path, env });
	const [favorite, summer, all] = (await readFile(path.join(folder.path, "grid.html"), "utf8")).split("<h1>").slice(1);
	const count = (part = "") => part.split("<img ").length - 1;
	expect([count(favorite), count(summer), count(all)]).toEqual([1, 2, 8]);
	expect(favorite).toContain('title="A new year"');
	const [url = ""] = /http\S+\/s\/\S+/.exec(stdout) ?? [];
	expect(await (await fetch(url)).json()).toMatchObject({ title: "Summer", total: 2 });
});

test("a session is renewed, resumed and refused", async () => {
	const session = owner.session as CognitoSession;
	const before = session.idToken;
	const renewed = await session.renewed(before);
	expect(renewed).toMatch(/^ey/);
	expect(await owner.item(items[0]?.id ?? "")).toMatchObject({ id: items[0]?.id });
	const pool = { clientId: outputs.CliClientId, endpoint: outputs.CognitoEndpoint };
	const resumed = await resumeSession(pool, session.refreshToken);
	const client = new CollectionsClient({ apiUrl: outputs.ApiUrl, session: resumed });
	expect(await client.item(items[0]?.id ?? "")).toMatchObject({ id: items[0]?.id });
	await expect(signIn(pool, { email: "nobody@example.com", password: "Wrong-1" })).rejects.toMatchObject({
		code: "NotAuthorizedException",
	});
});

test("a token that the gateway refuses is renewed, and the request sent again", async () => {
	const session = owner.session as CognitoSession;
	const refused: string[] = [];
	const client = new CollectionsClient({
		apiUrl: outputs.ApiUrl,
		session: {
			token: async () => "expired",
			async renewed(token) {
				refused.push(token);
				return session.token();
			},
		},
	});
	expect(await client.item(items[0]?.id ?? "")).toMatchObject({ status: "ready" });
	expect(refused).toEqual(["expired"]);
});

test("a search is streamed for ID and access tokens, and refused before the first byte without a token", async () => {
	const { refreshToken } = owner.session as CognitoSession;
	const refreshed = await fetch(outputs.CognitoEndpoint, {
		method: "POST",
		headers: {
			"content-type": "application/x-amz-json-1.1",
			"x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
		},
		body: JSON.stringify({
			AuthFlow: "REFRESH_TOKEN_AUTH",
			ClientId: outputs.CliClientId,
			AuthParameters: { REFRESH_TOKEN: refreshToken },
		}),
	});
	const { AuthenticationResult: tokens } = (await refreshed.json()) as { AuthenticationResult: Record<string, string> };
	const url = `${outputs.StreamUrl}/search/stream`;
	const send = (authorization?: string) =>
		fetch(url, {
			method: "POST",
			headers: { "content-type": "application/json", ...(authorization && { authorization }) },
			body: JSON.stringify({ query: "gate" }),
		});
	for (const token of [tokens.IdToken, tokens.AccessToken]) {
		const response = await send(`Bearer ${token}`);
		expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
		expect(await response.text()).toMatch(/^event: step\n.*\n\nevent: hits\n[\s\S]*\nevent: done\n/);
	}
	for (const token of [undefined, "Bearer x.y.z", `Bearer ${tokens.IdToken?.replace(/.{9}$/, "AAAAAAAAA")}`]) {
		const response = await send(token);
		expect(response.status).toBe(401);
		expect(await response.json()).toMatchObject({ code: "unauthorized" });
	}
	const theirs = await collect(stranger.streamSearch("gate"));
	expect(theirs.at(-1)).toMatchObject({ event: "done", data: { results: [], answer: null } });
});

test("a review of an item is kept for its owner alone", async () => {
	const [item] = items;
	const { raw_response } = item?.latest_analysis ?? {};
	const entry = { ...raw_response, headline: "Reviewed", item_id: item?.id };
	expect(await owner.call("POST", "/golden-dataset/save", entry)).toMatchObject({
		status: "saved",
		total_golden_count: 1,
	});
	const { data } = await owner.api.GET("/golden-dataset/entry/{item_id}", {
		params: { path: { item_id: item?.id ?? "" } },
	});
	expect(data?.entry?.headline).toBe("Reviewed");
	const theirs = [
		stranger.call("POST", "/golden-dataset/save", entry),
		stranger.call("GET", `/golden-dataset/entry/${item?.id}`),
		stranger.call("GET", `/items/${item?.id}/text`),
	];
	for (const refusal of await Promise.allSettled(theirs)) {
		expect(refusal).toMatchObject({ status: "rejected", reason: { status: 404, code: "item_not_found" } });
	}
	expect(await stranger.call("GET", "/golden-dataset/status")).toMatchObject({ total_items: 0, reviewed_items: 0 });
});
