import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { finishRedactions } from "#core/items/finish-redactions.ts";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, png, testApi } from "./test-api.ts";

type Api = ReturnType<typeof testApi>;
const photo = { filename: "photo.jpg", content_type: "image/jpeg", size: 1_000 };

/** Sends a request with a key, each time in an encoding of its own. */
function send({ app }: Api, key: string, path: string, body: object | FormData, user = ada) {
	const isForm = body instanceof FormData;
	return app.request(path, {
		method: "POST",
		headers: {
			authorization: `Bearer ${user}`,
			"idempotency-key": key,
			...(isForm ? {} : { "content-type": "application/json" }),
		},
		body: isForm ? body : JSON.stringify(body),
	});
}

const formOf = (file: File) => {
	const form = new FormData();
	form.set("file", file);
	return form;
};

describe("a request with an Idempotency-Key", () => {
	it("sent again gets the first one's answer, and is carried out once", async () => {
		const api = testApi();
		const key = randomUUID();
		const first = await send(api, key, "/uploads", photo);
		const again = await send(api, key, "/uploads", photo);
		expect([first.status, again.status]).toEqual([201, 201]);
		expect(await again.json()).toEqual(await first.json());
		expect(first.headers.get("idempotency-replayed")).toBeNull();
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
		expect(again.headers.get("cache-control")).toBe("private, no-store");
		expect(again.headers.get("ratelimit")).not.toBeNull();
		expect(api.ports.store.items.size).toBe(1);
		expect((await send(api, randomUUID(), "/uploads", photo)).status).toBe(201);
		expect(api.ports.store.items.size).toBe(2);
	});

	it("is the same though its form is encoded anew", async () => {
		const api = testApi();
		const key = randomUUID();
		const first = await send(api, key, "/items", formOf(png("a.png", "1")));
		const again = await send(api, key, "/items", formOf(png("a.png", "1")));
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		expect(await again.json()).toEqual(await first.json());
		for (const changed of [png("a.png", "2"), png("b.png", "1")]) {
			const { status } = await send(api, key, "/items", formOf(changed));
			expect(status).toBe(422);
		}
	});

	it("with another body under the same key is refused", async () => {
		const api = testApi();
		await send(api, "k", "/uploads", photo);
		const answer = await send(api, "k", "/uploads", { ...photo, size: 2 });
		expect(answer.status).toBe(422);
		expect(await answer.json()).toMatchObject({ code: "idempotency_key_reused" });
	});

	it("with another path under the same key is refused, whose body is the same", async () => {
		const api = testApi();
		const [left, right] = [await readyItem(api.ports, ada), await readyItem(api.ports, ada)];
		const analyze = ({ itemId }: typeof left) => send(api, "k", `/items/${itemId}/analyze`, { force_reanalyze: true });
		expect((await analyze(left)).status).toBe(202);
		const answer = await analyze(right);
		expect(answer.status).toBe(422);
		expect(await answer.json()).toMatchObject({ code: "idempotency_key_reused" });
	});

	it("with another part in its form is not the same, also where one part has the bytes of both", async () => {
		const api = testApi();
		const whole = formOf(png("a.png", '["name",null]\nvalue'));
		expect((await send(api, "k", "/items", whole)).status).toBe(200);
		const split = formOf(png("a.png"));
		split.set("name", "value");
		expect(await (await send(api, "k", "/items", split)).json()).toMatchObject({ code: "idempotency_key_reused" });
	});

	it("is another person's own", async () => {
		const api = testApi();
		const key = randomUUID();
		const first = await send(api, key, "/uploads", photo);
		const others = await send(api, key, "/uploads", photo, bob);
		expect(others.headers.get("idempotency-replayed")).toBeNull();
		expect((await others.json()) as object).not.toEqual(await first.json());
	});

	it("is told to wait while the first runs", async () => {
		const { promise, resolve } = Promise.withResolvers<void>();
		const chat = fakeChat(() => ({ text: "Yes." }));
		const answer: typeof chat.answer = async (request) => {
			await promise;
			return chat.answer(request);
		};
		const api = testApi({ ports: { ...fakePorts(), chat: { ...chat, answer } } });
		const key = randomUUID();
		const say = () => send(api, key, "/chat", { message: "Hello", session_id: "s" });
		const first = say();
		await expect.poll(async () => (await say()).status).toBe(409);
		const busy = await say();
		expect(Number(busy.headers.get("retry-after"))).toBeGreaterThan(0);
		expect(await busy.json()).toMatchObject({ code: "idempotency_key_busy" });
		resolve();
		expect((await first).status).toBe(200);
		const again = await say();
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		expect(((await again.json()) as { conversation_turn: number }).conversation_turn).toBe(1);
	});

	it("that failed runs again", async () => {
		const api = testApi();
		const key = randomUUID();
		expect((await send(api, key, "/uploads", { ...photo, size: 0 })).status).toBe(422);
		expect((await send(api, key, "/uploads", photo)).status).toBe(201);
	});

	it("keeps the address of a 202", async () => {
		const api = testApi();
		const { itemId } = await readyItem(api.ports, ada);
		const key = randomUUID();
		const analyze = () => send(api, key, `/items/${itemId}/analyze`, { force_reanalyze: true });
		const first = await analyze();
		const again = await analyze();
		expect([first.status, again.status]).toEqual([202, 202]);
		expect(again.headers.get("location")).toBe(first.headers.get("location"));
		expect(again.headers.get("idempotency-replayed")).toBe("true");
	});

	it.each([
		["an upload", "/items", () => formOf(png("a.png", "x"))],
		["many announced uploads", "/uploads", () => ({ files: [photo] })],
	])("never brings back what was deleted: %s", async (_, path, body) => {
		const api = testApi();
		const key = randomUUID();
		await send(api, key, path, body());
		const [id] = [...api.ports.store.items.keys()];
		await api.as(ada)("DELETE", `/items/${id}`);
		const again = await send(api, key, path, body());
		expect(again.status).toBe(409);
		expect(await again.json()).toMatchObject({ code: "answer_not_kept" });
		expect(api.ports.store.items.size).toBe(0);
	});

	it.each([
		["cites", (itemId: string) => `A lighthouse at dusk [${itemId.slice(0, 8)}].`],
		["does not cite", () => "There is a lighthouse."],
	])("does not give the answer again whose words are of a deleted item that it %s", async (_, text) => {
		const ports = fakePorts();
		const { itemId } = await readyItem(ports, ada, { headline: "A lighthouse at dusk" });
		const chat = fakeChat((_, calls) =>
			calls === 1
				? { toolCalls: [{ name: "search_collection", input: { query: "lighthouse" } }] }
				: { text: text(itemId) },
		);
		const api = testApi({ ports: { ...ports, chat } });
		const say = () => send(api, "k", "/chat", { message: "What is there?" });
		const first = await say();
		expect(await first.text()).toContain("lighthouse");
		expect((await say()).headers.get("idempotency-replayed")).toBe("true");
		await api.as(ada)("DELETE", `/items/${itemId}`);
		expect(await (await say()).json()).toMatchObject({ code: "answer_not_kept" });
		ports.clock.advance(61);
		expect(await finishRedactions(ports, { deadline: new Date(Date.now() + 10_000) })).toEqual({ usersRedacted: 1 });
		// Not even where the item came back.
		ports.items.existing = async (_, itemIds) => itemIds;
		expect(await (await say()).json()).toMatchObject({ code: "answer_not_kept" });
	});

	it.each(["", "a b", "ü", "x".repeat(256)])("that cannot be a key is refused (%j)", async (key) => {
		const api = testApi();
		const answer = await api.app.request("/uploads", {
			method: "POST",
			headers: {
				authorization: `Bearer ${ada}`,
				"idempotency-key": Buffer.from(key).toString("latin1"),
				"content-type": "application/json",
			},
			body: JSON.stringify(photo),
		});
		expect(answer.status).toBe(400);
		expect(((await answer.json()) as { detail: string }).detail).toContain("Idempotency-Key");
	});

	it("is refused where keys cannot be looked up, and carried out where only the answer cannot be kept", async () => {
		const { idempotencyKeys } = fakePorts();
		const away = async () => {
			throw new Error("No table.");
		};
		const blind = testApi({ ports: { idempotencyKeys: { ...idempotencyKeys, claim: away } } });
		const refused = await send(blind, "k", "/uploads", photo);
		expect(refused.status).toBe(503);
		expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
		expect(await refused.json()).toMatchObject({ code: "idempotency_unavailable" });
		const forgetful = testApi({ ports: { idempotencyKeys: { ...idempotencyKeys, keep: away } } });
		expect((await send(forgetful, "k", "/uploads", photo)).status).toBe(201);
	});

	it("is not looked at where nothing is changed", async () => {
		const api = testApi();
		const search = (query: string) => send(api, "k", "/search", { query });
		expect((await search("boats")).status).toBe(200);
		const second = await search("harbours");
		expect(second.status).toBe(200);
		expect(second.headers.get("idempotency-replayed")).toBeNull();
	});
});
