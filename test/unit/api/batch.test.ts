import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { runSlice } from "#core/jobs/run-slice.ts";
import type { Limits } from "#core/limits/limits.ts";
import type { FakePorts } from "#fakes/ports.ts";
import { jobSchema } from "#lambdas/api/presenters/job.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
beforeEach(() => {
	api = testApi();
});

const ask = (method: string, path: string, json?: unknown, user = ada) =>
	api.as(user)(method, path, json === undefined ? {} : { json });
const batch = (json: object, user = ada) => ask("POST", "/items/batch", json, user);
const item = async (user = ada, more: Parameters<typeof readyItem>[2] = {}) =>
	(await readyItem(api.ports, user, more)).itemId;
const exists = async (id: string, user = ada) => (await ask("GET", `/items/${id}`, undefined, user)).status === 200;
const manyIds = (count: number) => Array.from({ length: count }, () => randomUUID());
/** The events by which jobs wake their function. */
const jobsDue = () => (api.ports.events as FakePorts["events"]).jobsDue;
const slice = (limits: Limits = generousLimits) =>
	runSlice(api.ports, { leaseSeconds: 60, deadline: new Date(Date.now() + 10_000), limits });

describe("a batch of up to 100 items", () => {
	it("is done at once, and a foreign id fails like one that there is not", async () => {
		const [first, second, foreign, unknown] = [await item(), await item(), await item(bob), randomUUID()];
		const { status, body } = await batch({ ids: [first, foreign, second, unknown, first], action: "delete" });
		expect(status).toBe(200);
		expect(body).toEqual({
			done: 2,
			failed: [foreign, unknown].map((id) => ({ id, code: "item_not_found", detail: `There is no item ${id}.` })),
		});
		expect([await exists(first), await exists(second), await exists(foreign, bob)]).toEqual([false, false, true]);
	});

	it("of foreign ids alone is 404 and changes nothing", async () => {
		const foreign = await item(bob);
		for (const action of ["favorite", "delete"]) {
			const { status, body } = await batch({ ids: [foreign, randomUUID()], action });
			expect([status, body.code, body.detail]).toEqual([404, "item_not_found", `There is no item ${foreign}.`]);
		}
		expect((await ask("GET", `/items/${foreign}`, undefined, bob)).body).toMatchObject({ favorite: false });
	});

	it("means what a filter matches, and nothing where it matches nothing", async () => {
		const food = await item(ada, { category: "Food" });
		const travel = await item(ada, { category: "Travel" });
		expect((await batch({ filter: { category: "Sport" }, action: "delete" })).body).toEqual({ done: 0, failed: [] });
		expect((await batch({ filter: { category: "food" }, action: "delete" })).body).toEqual({ done: 1, failed: [] });
		expect([await exists(food), await exists(travel)]).toEqual([false, true]);
		expect(jobsDue()).toEqual([]);
	});

	it("means by a filter what a smart album has now, and nothing by another person's album", async () => {
		const food = await item(ada, { category: "Food" });
		const travel = await item(ada, { category: "Travel" });
		const { body: album } = await ask("POST", "/albums", { name: "Food", smart: { filters: { category: "food" } } });
		const { body: foreign } = await ask("POST", "/albums", { name: "Bob's" }, bob);
		for (const id of [foreign.id, randomUUID()]) {
			const { status, body } = await batch({ filter: { album: id }, action: "delete" });
			expect([status, body.code]).toEqual([404, "album_not_found"]);
		}
		expect((await batch({ filter: { album: album.id }, action: "delete" })).body).toEqual({ done: 1, failed: [] });
		expect([await exists(food), await exists(travel)]).toEqual([false, true]);
	});

	it("adds to an album and removes from it", async () => {
		const { body: album } = await ask("POST", "/albums", { name: "Trip" });
		const [first, second, foreign] = [await item(), await item(), await item(bob)];
		const ids = [first.toUpperCase(), foreign, second];
		const added = await batch({ ids, action: "add_to_album", album_id: album.id.toUpperCase() });
		expect(added.body).toMatchObject({ done: 2, failed: [{ id: foreign }] });
		const inAlbum = async () => (await ask("GET", `/albums/${album.id}`)).body.item_count;
		expect(await inAlbum()).toBe(2);
		await batch({ filter: { album: album.id }, action: "remove_from_album", album_id: album.id });
		expect(await inAlbum()).toBe(0);
		expect(await exists(first)).toBe(true);
	});

	it("tags items with what they have not, and takes tags off them, in any case", async () => {
		const [first, second] = [await item(), await item()];
		await ask("PATCH", `/items/${first}`, { tags: ["Sea", "sunset"] });
		await ask("PATCH", `/items/${second}`, { tags: [] });
		const tagsOf = async (id: string) => (await ask("GET", `/items/${id}`)).body.tags;
		const tagged = await batch({ ids: [first, second], action: "tag", tags: ["SEA", " 🌊  wave "] });
		expect(tagged.body).toEqual({ done: 2, failed: [] });
		expect([await tagsOf(first), await tagsOf(second)]).toEqual([
			["Sea", "sunset", "🌊 wave"],
			["Sea", "🌊 wave"],
		]);
		await batch({ ids: [first, second], action: "untag", tags: ["sea", "not there"] });
		expect([await tagsOf(first), await tagsOf(second)]).toEqual([["sunset", "🌊 wave"], ["🌊 wave"]]);
		const many = Array.from({ length: 100 }, (_, at) => `tag ${at}`);
		expect((await batch({ ids: [first], action: "tag", tags: many })).body).toMatchObject({
			done: 0,
			failed: [{ id: first, code: "too_many_tags" }],
		});
	});

	it("of analyses by an unknown provider is refused with the known ones", async () => {
		const { status, body } = await batch({ ids: [await item()], action: "analyze", provider: "antrhopic" });
		expect(status).toBe(422);
		expect(body.errors).toEqual([
			{ field: "body.provider", detail: expect.stringMatching(/^Must be one of offline, .*anthropic/) },
		]);
	});

	it.each([{ action: "fly" }, {}])("of an unknown action is refused with those that there are: %j", async (wrong) => {
		const { status, body } = await batch({ ids: [randomUUID()], ...wrong });
		expect(status).toBe(422);
		expect(body.errors).toMatchObject([
			{ field: "body.action", detail: expect.stringMatching(/^Must be one of tag, /) },
		]);
	});

	it("marks favourites", async () => {
		const [mine, foreign] = [await item(), await item(bob)];
		const favorite = async (id: string, user = ada) =>
			(await ask("GET", `/items/${id}`, undefined, user)).body.favorite;
		expect((await batch({ ids: [mine, foreign], action: "favorite" })).body).toMatchObject({
			done: 1,
			failed: [{ id: foreign }],
		});
		expect([await favorite(mine), await favorite(foreign, bob)]).toEqual([true, false]);
		await batch({ ids: [mine], action: "unfavorite" });
		expect(await favorite(mine)).toBe(false);
	});

	it("changes nothing where its album is another person's, unknown or smart", async () => {
		const mine = await item();
		const { body: foreign } = await ask("POST", "/albums", { name: "Bob's" }, bob);
		const { body: smart } = await ask("POST", "/albums", { name: "All", smart: { filters: {} } });
		for (const action of ["add_to_album", "remove_from_album"]) {
			for (const album_id of [foreign.id, randomUUID()]) {
				const { status, body } = await batch({ ids: [mine], action, album_id });
				expect([status, body.detail]).toEqual([404, `There is no album ${album_id}.`]);
			}
			expect(await batch({ ids: [mine], action, album_id: smart.id })).toMatchObject({
				status: 409,
				body: { code: "album_is_smart" },
			});
		}
		expect((await ask("GET", `/albums/${foreign.id}`, undefined, bob)).body.item_count).toBe(0);
	});

	it("requests new analyses, each from the person's limit; a job requests what the limit has not left", async () => {
		const limits = { ...generousLimits, requestsPerMinute: { ...generousLimits.requestsPerMinute, expensive: 3 } };
		api = testApi({ limits });
		const ids = [await item(), await item()];
		expect(await batch({ ids, action: "analyze" })).toMatchObject({ status: 200, body: { done: 2 } });
		expect(await batch({ ids, action: "analyze" })).toMatchObject({ status: 202, body: { total: 2, state: "queued" } });
		expect(await slice(limits)).toMatchObject({ outcome: "goes on", done: 1 });
	});

	it("takes a request of the class write for each ten items", async () => {
		const limits = { ...generousLimits, requestsPerMinute: { ...generousLimits.requestsPerMinute, write: 10 } };
		api = testApi({ limits });
		const { headers } = await batch({ ids: manyIds(21), action: "delete" });
		expect(headers.get("ratelimit")).toContain('"write";r=7;');
		expect((await batch({ ids: manyIds(80), action: "delete" })).status).toBe(429);
	});

	it.each([
		["an unknown action", { ids: manyIds(1), action: "burn" }],
		["no action", { ids: manyIds(1) }],
		["an empty list", { ids: [], action: "delete" }],
		["neither ids nor a filter", { action: "delete" }],
		["both ids and a filter", { ids: manyIds(1), filter: {}, action: "delete" }],
		["an id that is none", { ids: ["first"], action: "delete" }],
		["more ids than a body holds", { ids: manyIds(1_001), action: "delete" }],
		["an unknown filter", { filter: { colour: "red" }, action: "delete" }],
		["no tag", { ids: manyIds(1), action: "tag", tags: [" "] }],
		["a tag that is too long", { ids: manyIds(1), action: "tag", tags: ["a".repeat(101)] }],
		["an action without its argument", { ids: manyIds(1), action: "add_to_album" }],
		["another action's argument", { ids: manyIds(1), action: "delete", album_id: randomUUID() }],
	])("is refused with %s", async (_, json) => {
		const { status, body } = await batch(json);
		expect([status, body.code]).toEqual([422, "invalid_fields"]);
	});
});

describe("a batch of more than 100 items", () => {
	const start = async () => (await batch({ ids: [await item(), ...manyIds(100)], action: "delete" })).body;

	it("of foreign ids alone is 404, and no job", async () => {
		const ids = [await item(bob), ...manyIds(100)];
		const { status, body } = await batch({ ids, action: "delete" });
		expect([status, body.code, body.detail]).toEqual([404, "item_not_found", `There is no item ${ids[0]}.`]);
		expect(jobsDue()).toEqual([]);
		expect(await slice()).toBeNull();
	});

	it("becomes a job, which meets a deletion and ends with its counts", async () => {
		const [mine, gone] = [await item(), await item()];
		const ids = [mine, gone, ...manyIds(99)];
		const { status, headers, body } = await batch({ ids, action: "delete" });
		expect(status).toBe(202);
		expect(Object.keys(body).sort()).toEqual(Object.keys(jobSchema.shape).sort());
		expect(body).toMatchObject({ kind: "batch", state: "queued", total: 101, done: 0, failed: 99, error: null });
		expect(headers.get("location")).toBe(`/jobs/${body.id}`);
		expect(jobsDue()).toMatchObject([{ source: "collections.api", detail: { job_id: body.id } }]);
		await ask("DELETE", `/items/${gone}`);
		await slice();
		const { body: ended } = await ask("GET", `/jobs/${body.id}`);
		expect(ended).toMatchObject({ state: "done", total: 101, done: 2, failed: 99, result_url: null });
		expect(ended.failures[0]).toEqual({ id: ids[2], code: "item_not_found", detail: `There is no item ${ids[2]}.` });
		expect(await exists(mine)).toBe(false);
	});

	it("is started although its event cannot be sent: the sweeper sends it", async () => {
		const { events } = api.ports;
		const away = { ...events, publish: () => Promise.reject(new Error("The bus is away.")) };
		api = testApi({ ports: { events: away } });
		expect((await start()).state).toBe("queued");
	});

	it("is canceled, and canceled again; once it is done it cannot be", async () => {
		const { id } = await start();
		for (let repeated = 0; repeated < 2; repeated++) {
			expect(await ask("DELETE", `/jobs/${id}`)).toMatchObject({ status: 200, body: { id, state: "canceled" } });
		}
		expect(await slice()).toBeNull();
		const next = await start();
		await slice();
		for (const [method, json] of [["DELETE"], ["PATCH", { state: "paused" }]] as const) {
			const { status, body } = await ask(method, `/jobs/${next.id}`, json);
			expect([status, body.code, body.detail]).toEqual([409, "job_ended", `The job ${next.id} has ended: it is done.`]);
		}
		expect((await ask("PATCH", `/jobs/${id}`, { state: "running" })).body.code).toBe("job_ended");
	});

	it("pauses, and goes on", async () => {
		const { id } = await start();
		expect((await ask("PATCH", `/jobs/${id}`, { state: "paused" })).body.state).toBe("paused");
		expect(await slice()).toBeNull();
		jobsDue().splice(0);
		expect((await ask("PATCH", `/jobs/${id}`, { state: "running" })).body.state).toBe("queued");
		expect(jobsDue()).toHaveLength(1);
		expect(await slice()).toMatchObject({ outcome: "ended" });
		expect((await ask("PATCH", `/jobs/${id}`, { state: "done" })).status).toBe(422);
	});

	it("is another person's: read, changed and canceled by nobody else", async () => {
		const { id } = await start();
		for (const [method, json] of [["GET"], ["DELETE"], ["PATCH", { state: "paused" }]] as const) {
			const { status, body } = await ask(method, `/jobs/${id}`, json, bob);
			expect([status, body.detail]).toEqual([404, `There is no job ${id}.`]);
		}
		expect((await ask("GET", `/jobs/${id}`)).body.state).toBe("queued");
		expect((await ask("GET", "/jobs/first")).status).toBe(404);
	});

	it("is refused where twenty jobs of the person have not ended", async () => {
		for (let count = 0; count < 20; count++) await start();
		const { status, body, headers } = await batch({ ids: manyIds(101), action: "delete" });
		expect([status, body.code]).toEqual([429, "too_many_jobs"]);
		expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
	});
});
