import { describe, expect, it } from "vitest";
import { ada, bob, testApi } from "./test-api.ts";

const url = "https://example.com/collections";

describe("webhooks", () => {
	it("have a secret in the answer that makes them, and nowhere else", async () => {
		const api = testApi();
		const { status, body } = await api.as(ada)("POST", "/webhooks", { json: { url, events: ["item.ready"] } });
		expect(status).toBe(201);
		expect(body).toMatchObject({ url, events: ["item.ready"], state: "on", notice: null });
		expect(body.secret).toMatch(/^whsec_[\w-]{43}$/);
		const { body: listed } = await api.as(ada)("GET", "/webhooks");
		expect(listed.webhooks).toEqual([{ ...body, secret: null }]);
		expect((await api.as(bob)("GET", "/webhooks")).body.webhooks).toEqual([]);
	});

	it("are of all events without a list, and ten at most", async () => {
		const api = testApi();
		for (let made = 0; made < 10; made++) {
			const { body } = await api.as(ada)("POST", "/webhooks", { json: { url } });
			expect(body.events).toEqual(["item.ready", "item.failed", "item.deleted"]);
		}
		const refused = await api.as(ada)("POST", "/webhooks", { json: { url } });
		expect([refused.status, refused.body.code]).toEqual([409, "too_many_webhooks"]);
	});

	it("are tested, and deleted, by their person alone", async () => {
		const api = testApi();
		const { body } = await api.as(ada)("POST", "/webhooks", { json: { url } });
		for (const [method, path] of [
			["POST", `/webhooks/${body.id}/test`],
			["DELETE", `/webhooks/${body.id}`],
		] as const) {
			expect((await api.as(bob)(method, path)).body.code).toBe("webhook_not_found");
		}
		const tested = await api.as(ada)("POST", `/webhooks/${body.id}/test`);
		expect([tested.status, tested.body.status]).toEqual([202, "queued"]);
		expect(await api.ports.webhooks.isDue(ada)).toBe(true);
		expect((await api.as(ada)("DELETE", `/webhooks/${body.id}`)).status).toBe(200);
		expect(await api.ports.webhooks.isDue(ada)).toBe(false);
		expect((await api.as(ada)("DELETE", `/webhooks/${body.id}`)).status).toBe(404);
	});

	it.each([
		[{ url: "http://example.com/" }, "body.url"],
		[{ url: "ftp://example.com/" }, "body.url"],
		[{ url: "https://ada:secret@example.com/" }, "body.url"],
		[{ url: "example.com" }, "body.url"],
		[{ url: `https://example.com/${"a".repeat(2_000)}` }, "body.url"],
		[{ url, events: [] }, "body.events"],
		[{ url, events: ["item.opened"] }, "body.events.0"],
		[{ url, secret: "mine" }, "body.secret"],
		[{}, "body.url"],
	])("are refused with %j", async (json, field) => {
		const { status, body } = await testApi().as(ada)("POST", "/webhooks", { json });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe(field);
	});
});
