import { beforeEach, describe, expect, it } from "vitest";
// Loading the SDK takes longer than the API of these tests waits.
import "#ai/openai/vision.ts";
import { visionFor } from "#ai/vision.ts";
import { PermanentFailure } from "#core/errors.ts";
import { Simulator } from "../../simulation/simulator.ts";
import { type Answer, testApi } from "./test-api.ts";

let simulator: Simulator;
let call: (method: string, path: string, json?: unknown) => Promise<Answer>;
let itemId: string;

/** Runs the stages while the API waits for them. */
function startStages() {
	const timer = setInterval(() => void simulator.drain(60), 5);
	return () => clearInterval(timer);
}

beforeEach(async () => {
	simulator = new Simulator();
	const api = testApi({ ports: simulator.ports, maxWaitMs: 300 });
	call = (method, path, json) => api.as(simulator.userId)(method, path, json === undefined ? {} : { json });
	itemId = await simulator.upload();
});

const analyze = (json?: unknown) => call("POST", `/items/${itemId}/analyze`, json);

async function withStages<T>(work: () => Promise<T>): Promise<T> {
	const stop = startStages();
	try {
		return await work();
	} finally {
		stop();
	}
}

describe("POST /items/{id}/compare", () => {
	const models = ["anthropic/a-model", "offline"];
	const compare = (json: unknown = { models }) => call("POST", `/items/${itemId}/compare`, json);
	/** Has the models say different things. */
	function twoModels() {
		const { describe } = simulator.ports.vision;
		const asked: unknown[] = [];
		simulator.ports.vision.describe = async (request) => {
			const answer = await describe(request);
			const { provider = "", model = "default" } = request;
			asked.push([provider, model]);
			return { ...answer, provider, model, description: { ...answer.description, headline: `As ${provider} says` } };
		};
		return asked;
	}

	it("has both models describe the picture, and changes nothing of the item", async () => {
		await simulator.drain();
		const before = (await call("GET", `/items/${itemId}`)).body;
		const asked = twoModels();
		const { status, body } = await withStages(() => compare());
		expect(status).toBe(200);
		expect(asked).toEqual([
			["anthropic", "a-model"],
			["offline", "default"],
		]);
		expect(body.runs).toMatchObject([
			{ provider: "anthropic", model: "a-model", raw_response: { headline: "As anthropic says" }, error: null },
			{ provider: "offline", raw_response: { headline: "As offline says" } },
		]);
		const field = (name: string) => body.fields.find((each: { field: string }) => each.field === name);
		expect(field("headline")).toMatchObject({ differs: true, values: [["As anthropic says"], ["As offline says"]] });
		expect(field("category")).toMatchObject({ differs: false });
		await simulator.drain();
		expect((await call("GET", `/items/${itemId}/analyses`)).body).toHaveLength(1);
		expect((await call("GET", `/items/${itemId}`)).body.latest_analysis).toEqual(before.latest_analysis);
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
	});

	it("that takes long answers with a location, which has the result later", async () => {
		await simulator.drain();
		const { status, headers } = await compare();
		expect(status).toBe(202);
		const location = headers.get("location") ?? "";
		expect((await call("GET", location)).body).toMatchObject({ kind: "compare", status: "pending", comparison: null });
		expect((await compare()).headers.get("location"), "asked again").toBe(location);
		await simulator.drain();
		const { body } = await call("GET", location);
		expect(body).toMatchObject({ status: "done", model: models.join(), analysis_id: null, error: null });
		expect(body.comparison.runs).toHaveLength(2);
	});

	it("has the refusal of a model as its part of the outcome", async () => {
		await simulator.drain();
		const { describe } = simulator.ports.vision;
		simulator.ports.vision.describe = async (request) => {
			if (request.provider === "offline") return describe(request);
			throw new PermanentFailure({ code: "vision_refused", detail: "The model refuses to describe this image." });
		};
		const { status, body } = await withStages(() => compare());
		expect(status).toBe(200);
		expect(body).toMatchObject({
			runs: [
				{ provider: "anthropic", model: "a-model", raw_response: null, error: { code: "vision_refused" } },
				{ error: null },
			],
			fields: [],
		});
	});

	it("names the model that the environment does not have", async () => {
		await simulator.drain();
		const vision = visionFor({
			provider: "offline",
			openai: { key: { setting: "/x", read: async () => null }, model: "m" },
		});
		const { describe } = simulator.ports.vision;
		simulator.ports.vision.describe = (request) =>
			request.provider === "openai" ? vision.describe(request) : describe(request);
		const { status, body } = await withStages(() => compare({ models: ["openai", "offline"] }));
		expect([status, body.code, body.errors?.[0]?.field]).toEqual([422, "provider_not_available", "body.models"]);
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
	});

	it("is tried again where a model fails for a while", async () => {
		await simulator.drain();
		const { describe } = simulator.ports.vision;
		let failures = 1;
		simulator.ports.vision.describe = async (request) => {
			if (request.provider === "anthropic" && failures-- > 0) throw new Error("The connection was cut.");
			return describe(request);
		};
		const { headers } = await compare();
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		expect((await call("GET", headers.get("location") ?? "")).body.status).toBe("done");
	});

	it.each([
		[{}],
		[{ models: ["anthropic"] }],
		[{ models: ["anthropic", "anthropic"] }],
		[{ models: ["anthropic", "offline", "openai"] }],
		[{ models: ["anthropic", "nobody"] }],
		[{ models: ["anthropic/a,b", "offline"] }],
		[{ models: ["anthropic", "offline"], more: true }],
	])("refuses %j", async (json) => {
		expect((await compare(json)).status).toBe(422);
	});
});

describe("POST /items/{id}/analyze", () => {
	it("answers the newest stored analysis, with a body or without", async () => {
		await simulator.drain();
		for (const json of [undefined, {}, { force_reanalyze: false }]) {
			const { status, body } = await analyze(json);
			expect(status).toBe(200);
			expect(body).toMatchObject({ item_id: itemId, version: 1 });
		}
		expect(simulator.modelCalls.get(itemId)).toBe(1);
	});

	it("waits for the first analysis while the item is processed", async () => {
		const { status, body } = await withStages(() => analyze());
		expect(status).toBe(200);
		expect(body.version).toBe(1);
		expect(simulator.modelCalls.get(itemId)).toBe(1);
	});

	it("answers 202 with a location if the first analysis takes long", async () => {
		const { status, headers } = await analyze();
		expect(status).toBe(202);
		expect(headers.get("location")).toBe(`/items/${itemId}`);
	});

	it("with force makes a new version by the named provider and model, and keeps old versions", async () => {
		await simulator.drain();
		const requested: unknown[] = [];
		const { describe } = simulator.ports.vision;
		simulator.ports.vision.describe = async (request) => {
			requested.push([request.provider, request.model]);
			return describe(request);
		};
		const wanted = { force_reanalyze: true, provider: "openai", model: "m" };
		const { status, body } = await withStages(() => analyze(wanted));
		expect(status).toBe(200);
		expect(body.version).toBe(2);
		expect(requested).toEqual([["openai", "m"]]);
		const { body: versions } = await call("GET", `/items/${itemId}/analyses`);
		expect(versions.map(({ version }: Answer["body"]) => version)).toEqual([2, 1]);
		await simulator.drain();
		const item = await call("GET", `/items/${itemId}`);
		expect(item.body).toMatchObject({
			status: "ready",
			latest_analysis: { version: 2 },
		});
	});

	it("that takes long answers with a location, which has the result later", async () => {
		await simulator.drain();
		const { status, headers, body } = await analyze({ force_reanalyze: true });
		expect(status).toBe(202);
		expect(body.status).toBe("pending");
		const location = headers.get("location") ?? "";
		expect(location).toMatch(`/items/${itemId}/requests/`);
		expect((await call("GET", location)).body).toMatchObject({
			item_id: itemId,
			kind: "analyze",
			status: "pending",
			analysis_id: null,
		});
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		const done = (await call("GET", location)).body;
		expect(done.status).toBe("done");
		const analysis = await call("GET", `/analyses/${done.analysis_id}`);
		expect(analysis.body.version).toBe(2);
	});

	it("called twice for the same work runs it once", async () => {
		await simulator.drain();
		const wanted = { force_reanalyze: true };
		const [first, second] = await withStages(() => Promise.all([analyze(wanted), analyze(wanted)]));
		expect([first.status, second.status]).toEqual([200, 200]);
		expect(first.body.id).toBe(second.body.id);
		expect(simulator.modelCalls.get(itemId)).toBe(2);
	});

	const noKey = { setting: "the parameter /x", read: async () => null };

	it.each([
		[{ provider: "openai" }, "provider_not_available", "body.provider"],
		[{ provider: "offline", model: "gpt-0" }, "model_not_found", "body.model"],
	])(
		"for %j, which the environment does not have, is the caller's mistake and not a 501",
		async (named, code, field) => {
			await simulator.drain();
			const vision = visionFor({
				provider: "anthropic",
				anthropic: { key: noKey, model: "m" },
				openai: { key: noKey, model: "m" },
			});
			simulator.ports.vision.describe = vision.describe;
			const { status, body } = await withStages(() => analyze({ force_reanalyze: true, ...named }));
			expect(status).toBe(422);
			expect(body).toMatchObject({ code, errors: [{ field }] });
			expect(body.detail).toContain("offline");
			expect(body.detail).not.toContain("/x");
			expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		},
	);

	it("names the setting where the environment's own provider is off", async () => {
		await simulator.drain();
		simulator.ports.vision.describe = visionFor({ provider: "openai", openai: { key: noKey, model: "m" } }).describe;
		const { status, body } = await withStages(() => analyze({ force_reanalyze: true }));
		expect(status).toBe(501);
		expect(body).toMatchObject({ code: "provider_not_configured", detail: expect.stringContaining("/x") });
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
	});

	it("answers a model's refusal with its reason, and the item keeps its analysis", async () => {
		await simulator.drain();
		const detail = "The model refuses to describe this image.";
		simulator.ports.vision.describe = async () => {
			throw new PermanentFailure({ code: "vision_refused", detail });
		};
		const { status, body } = await withStages(() => analyze({ force_reanalyze: true }));
		expect(status).toBe(409);
		expect(body).toMatchObject({ code: "request_failed", detail });
		expect((await analyze()).body.version).toBe(1);
	});

	it("of an image that could not be decoded says so at once", async () => {
		const broken = { ...simulator.newFile(), filename: "broken.png" };
		broken.bytes = new Uint8Array([...broken.bytes, ...Buffer.from("undecodable")]);
		itemId = await simulator.upload(broken);
		await simulator.drain();
		for (const force_reanalyze of [true, false]) {
			const { status, body } = await analyze({ force_reanalyze });
			expect(status).toBe(409);
			expect(body.code).toBe("item_failed");
			expect(body.detail).toContain("cannot be decoded");
		}
	});

	it("of an item that is deleted while it waits is 404", async () => {
		await simulator.drain();
		const { find } = simulator.ports.requests;
		let polls = 0;
		simulator.ports.requests.find = (...ids) => {
			polls += 1;
			return find(...ids);
		};
		const waiting = analyze({ force_reanalyze: true });
		await expect.poll(() => polls, { interval: 5 }).toBeGreaterThan(0);
		await simulator.delete(itemId);
		expect((await waiting).status).toBe(404);
	});

	it("refuses an unknown provider at once, and lists the known ones", async () => {
		await simulator.drain();
		const { status, body } = await analyze({
			force_reanalyze: true,
			provider: "nope",
		});
		expect(status).toBe(422);
		expect(body).toMatchObject({
			code: "invalid_fields",
			errors: [
				{
					field: "body.provider",
					detail: "Must be one of offline, anthropic, openai, bedrock",
				},
			],
		});
		await simulator.drain();
		const versions = await call("GET", `/items/${itemId}/analyses`);
		expect(versions.body).toHaveLength(1);
		expect(simulator.modelCalls.get(itemId)).toBe(1);
	});

	it("refuses unknown fields", async () => {
		const { status, body } = await analyze({ force: true });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe("body.force");
	});
});

describe("POST /items/{id}/resize-only", () => {
	const resize = () => call("POST", `/items/${itemId}/resize-only`);

	it("answers the item with a new thumbnail, and changes nothing else", async () => {
		await simulator.drain();
		const before = await call("GET", `/items/${itemId}`);
		let puts = 0;
		const { put } = simulator.ports.objects;
		simulator.ports.objects.put = async (key, ...rest) => {
			if (key.startsWith("derived/")) puts += 1;
			return put(key, ...rest);
		};
		const { status, body } = await withStages(resize);
		expect(status).toBe(200);
		expect(puts).toBe(2);
		expect(body.thumbnail_url).toContain(`${itemId}/thumbnail.webp`);
		expect(body.status).toBe("ready");
		expect(body.latest_analysis).toEqual(before.body.latest_analysis);
		expect(simulator.modelCalls.get(itemId)).toBe(1);
	});

	it("that takes long answers with a location, which has the result later", async () => {
		await simulator.drain();
		const { status, headers } = await resize();
		expect(status).toBe(202);
		const location = headers.get("location") ?? "";
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		expect((await call("GET", location)).body).toMatchObject({
			kind: "resize",
			status: "done",
		});
	});

	it("of an item in the pipeline ends with its first thumbnail", async () => {
		const { status, body } = await withStages(resize);
		expect(status).toBe(200);
		expect(body.width).toBe(640);
	});
});

it("a request is found only below its own item", async () => {
	await simulator.drain();
	const otherItem = await simulator.upload();
	await simulator.drain();
	const { headers } = await analyze({ force_reanalyze: true });
	const location = headers.get("location") ?? "";
	expect((await call("GET", location)).status).toBe(200);
	const elsewhere = location.replace(itemId, otherItem);
	const { status, body } = await call("GET", elsewhere);
	expect(status).toBe(404);
	expect(body.code).toBe("request_not_found");
});
