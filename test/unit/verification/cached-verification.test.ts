import { beforeEach, describe, expect, it } from "vitest";
import { offlineChat } from "#ai/offline/chat.ts";
import { ModelFailure } from "#core/errors.ts";
import { fakeChat } from "#fakes/chat.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { collectLogLines } from "../../support/log-lines.ts";
import { readyItem } from "../api/ready-item.ts";
import { ada, bob, testApi } from "../api/test-api.ts";

const lines = ["LISBON TP 533", "Gate B24", "Total €204.50"];
const text = "The boarding pass to Lisbon has gate B24.";

const logged = collectLogLines();

let ports: FakePorts;
let api: ReturnType<typeof testApi>;
let itemId: string;

const verdicts = () => ({ text: '{"verdicts": []}' });

async function start(chat = fakeChat(verdicts)) {
	ports = { ...fakePorts(), chat };
	api = testApi({ ports });
	({ itemId } = await readyItem(ports, ada, { headline: "Boarding pass", details: { extracted_text: lines } }));
}
beforeEach(() => start());

const verify = async (more: object = {}, userId = ada) => {
	const { status, body } = await api.as(userId)("POST", "/verifications", { json: { text, ...more } });
	expect(status).toBe(201);
	return body;
};

describe("the same question", () => {
	it("costs nothing again, is marked, logged, and kept as a verification of its own", async () => {
		const first = await verify();
		expect(first).toMatchObject({ cached: false, model: "fake/fake-chat" });
		expect(first.cost_usd).toBeGreaterThan(0);
		const second = await verify();
		expect(ports.chat.requests).toHaveLength(1);
		expect(second).toMatchObject({
			...{ cached: true, cost_usd: 0, model: first.model, claims: first.claims, text, sources: first.sources },
			accuracy_score: first.accuracy_score,
		});
		expect(second.id).not.toBe(first.id);
		expect(second.request_id).not.toBe(first.request_id);
		expect((await api.as(ada)("GET", `/verifications/${second.id}`)).body).toEqual(second);
		expect(logged.filter(({ CachedVerifications: hits }) => hits === 1)).toHaveLength(1);
	});

	it("of another person is searched for among their own items", async () => {
		await verify();
		expect(await verify({}, bob)).toMatchObject({ cached: false, claims: [{ verdict: "not_found" }] });
	});

	it("is judged anew after an hour", async () => {
		await verify();
		ports.clock.advance(3_599);
		expect((await verify()).cached).toBe(true);
		ports.clock.advance(2);
		expect((await verify()).cached).toBe(false);
	});

	it.each<[string, () => Promise<unknown>]>([
		["was edited", () => api.as(ada)("PATCH", `/items/${itemId}`, { json: { summary: "For Tom Becker." } })],
		["has another tag", () => api.as(ada)("PATCH", `/items/${itemId}`, { json: { tags: ["flight"] } })],
		["is in the trash", () => api.as(ada)("POST", `/items/${itemId}/trash`)],
		["was deleted", () => api.as(ada)("DELETE", `/items/${itemId}`)],
		["came", () => readyItem(ports, ada, { headline: "Another pass" })],
	])("is judged anew once an item %s", async (_, change) => {
		await verify();
		expect((await verify()).cached).toBe(true);
		ports.clock.advance(1);
		await change();
		expect((await verify()).cached).toBe(false);
	});

	it("is judged anew once its first verification was deleted", async () => {
		const { id } = await verify();
		await api.as(ada)("DELETE", `/verifications/${id}`);
		expect((await verify()).cached).toBe(false);
	});

	it("of an item's description is known, too, and is not that of its text", async () => {
		const ofItem = { text: undefined, item_id: itemId };
		const { text: description } = await verify(ofItem);
		expect(await verify(ofItem)).toMatchObject({ cached: true, item_id: itemId });
		expect(await verify({ text: description })).toMatchObject({ cached: false, item_id: null });
	});
});

it.each([
	["text", { text: "The boarding pass to Lisbon has gate B25." }],
	["model", { model: "fake/other" }],
])("a question with another %s is another question", async (_, more) => {
	await verify();
	expect((await verify(more)).cached).toBe(false);
});

it("an outcome without the model, which was away, is not kept", async () => {
	let isAway = true;
	await start(fakeChat(() => (isAway ? new ModelFailure("chat_unavailable", "Away.") : verdicts())));
	expect((await verify()).notices[0]).toContain("The model gave no answer");
	isAway = false;
	expect(await verify()).toMatchObject({ cached: false, notices: [] });
	expect((await verify()).cached).toBe(true);
});

it("an outcome by words alone, since the embedding model was away, is not kept", async () => {
	const { embed } = ports.embedder;
	ports.embedder.embed = () => Promise.reject(new ModelFailure("embedding_unavailable", "Away."));
	expect((await verify()).notices[0]).toContain("Searched by words only");
	ports.embedder.embed = embed;
	expect((await verify()).cached).toBe(false);
});

it("an outcome of code alone is kept as well", async () => {
	const offline = testApi({ ports: { ...ports, chat: offlineChat() } });
	const ask = () => offline.as(ada)("POST", "/verifications", { json: { text } });
	expect((await ask()).body.cached).toBe(false);
	expect((await ask()).body.cached).toBe(true);
});

it("a cache that is away costs the cached outcome alone, and is logged", async () => {
	const away = () => Promise.reject(new Error("No table."));
	Object.assign(ports.verificationCache, { find: away, keep: away });
	expect(await verify()).toMatchObject({ cached: false, claims: [{ verdict: "supported" }] });
	expect(logged.map(({ message }) => message)).toContain("the cache of verifications did not answer");
});
