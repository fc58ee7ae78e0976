import { beforeAll, expect, it } from "vitest";
import { originalKey } from "#core/items/item.ts";
import { uploadItem } from "#core/items/upload-item.ts";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import type { VisionRequest } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";
import { ada, bob, png, testApi } from "./test-api.ts";

const location = { latitude: 48.8584, longitude: 2.2945 };
const ports = fakePorts();
const options = { leaseSeconds: 60, deadline: new Date(Date.now() + 60_000) };
const { as } = testApi({ ports });
let itemId: string;
let visionRequest: VisionRequest;

beforeAll(async () => {
	const { derive } = ports.images;
	ports.images.derive = async (bytes) => ({
		...(await derive(bytes)),
		camera: "Apple iPhone 15",
		location,
	});
	const { describe } = ports.vision;
	ports.vision.describe = async (request) => {
		visionRequest = request;
		return describe(request);
	};
	const { item } = await uploadItem(ports, ada, {
		filename: "tower.png",
		bytes: new Uint8Array(await png().arrayBuffer()),
	});
	itemId = item.id;
	await processImage(ports, { key: originalKey(item) }, options);
	await analyzeItem(ports, { user_id: ada, item_id: itemId }, options);
	const analysis_id = (await ports.items.find(ada, itemId))?.latestAnalysis?.id;
	await embedAnalysis(ports, { user_id: ada, item_id: itemId, analysis_id: analysis_id ?? "" }, options);
});

it("the owner reads location and camera of the item, and in the list", async () => {
	const { body } = await as(ada)("GET", `/items/${itemId}`);
	expect(body).toMatchObject({
		status: "ready",
		camera: "Apple iPhone 15",
		location,
	});
	const { body: list } = await as(ada)("GET", "/items");
	expect(list.items).toMatchObject([{ id: itemId, location }]);
});

it("another user reads neither", async () => {
	const response = await as(bob)("GET", `/items/${itemId}`);
	const list = await as(bob)("GET", "/items");
	expect([response.status, list.body.total]).toEqual([404, 0]);
	for (const { body } of [response, list]) {
		expect(JSON.stringify(body)).not.toMatch(/48\.8584|2\.2945|iPhone/);
	}
});

it("no model request, event, analysis, search text or search result has the location", async () => {
	expect(Object.keys(visionRequest)).not.toContain("location");
	const stored = ports.store.items.get(itemId);
	const { body: found } = await as(ada)("POST", "/search", {
		json: { query: "tower" },
	});
	expect(found.results).toHaveLength(1);
	const elsewhere = {
		visionRequest: { ...visionRequest, image: null },
		events: ports.events.published,
		analyses: stored?.analyses,
		document: stored?.document,
		outbox: stored?.outbox,
		found,
	};
	expect(ports.events.published).toHaveLength(3);
	expect(JSON.stringify(elsewhere)).not.toMatch(/48\.8584|2\.2945/);
	expect(JSON.stringify(stored)).toMatch(/48\.8584.*2\.2945/);
});
