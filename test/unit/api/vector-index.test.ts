import { beforeEach, describe, expect, it } from "vitest";
import { rebuildWindow } from "#core/search/rebuild-index.ts";
import { fakeEmbedder } from "#fakes/models.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

let ports: FakePorts;
let api: ReturnType<typeof testApi>;
beforeEach(() => {
	ports = fakePorts();
	api = testApi({ ports });
});

const rebuild = (user: string, json?: unknown) => api.as(user)("POST", "/vector-index/rebuild", json ? { json } : {});
const status = async (user: string) => (await api.as(user)("GET", "/vector-index/status")).body;
const announced = () => ports.events.published.filter(({ type }) => type === "EmbeddingRequested");

describe("POST /vector-index/rebuild", () => {
	it("requests nothing if everything is embedded", async () => {
		await readyItem(api.ports, ada);
		expect(await rebuild(ada)).toMatchObject({
			status: 202,
			body: { status: "accepted", num_documents: 0 },
		});
		expect(announced()).toEqual([]);
	});

	it("requests embeddings of the tenant's items whose embeddings are another model's", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		await readyItem(api.ports, bob);
		api = testApi({ ports: { ...ports, embedder: fakeEmbedder("changed") } });
		expect(await status(ada)).toMatchObject({ stale: 1, model: "changed" });
		const { body } = await rebuild(ada);
		expect(body.num_documents).toBe(1);
		expect(announced()).toMatchObject([
			{
				source: "collections.api",
				detail: { item_id: itemId, user_id: ada },
			},
		]);
		expect(await status(ada)).toMatchObject({ stale: 1, rebuilding: 1 });
		expect(await status(bob)).toMatchObject({ rebuilding: 0 });
	});

	it("with force requests every item once, however often it is called, and at most one batch at a time", async () => {
		const items = rebuildWindow + 5;
		for (let count = 0; count < items; count++) {
			await readyItem(api.ports, ada);
		}
		for (let calls = 0; calls < 3; calls++) {
			const { body } = await rebuild(ada, { force: true });
			expect(body.num_documents).toBe(items);
		}
		expect(announced()).toHaveLength(rebuildWindow);
		expect(await status(ada)).toMatchObject({
			embedded: items,
			rebuilding: items,
		});
	});

	it("refuses unknown fields by name", async () => {
		const { status, body } = await rebuild(ada, { model: "x" });
		expect(status).toBe(422);
		expect(body.errors).toMatchObject([{ field: "body.model" }]);
	});
});
