import { describe, expect, it } from "vitest";
import { PermanentFailure } from "#core/errors.ts";
import { requestAnalysis } from "#core/pipeline/request-work.ts";
import { maxAttempts, type Ports } from "#core/ports/index.ts";
import { busyDay, remaining } from "./busy-day.ts";
import { Simulator } from "./simulator.ts";

const seeds = [1, 2, 3, 5, 8, 13, 21, 34];

describe.each(seeds)("with seed %i", (seed) => {
	it("every item becomes ready where 30 % of all events are lost", async () => {
		const world = await busyDay(null, { seed, lost: 30 });
		expect(await world.judge({ ready: remaining(world) })).toEqual([]);
	});

	it("every item becomes ready once where events come twice and in any order", async () => {
		const world = await busyDay(null, {
			seed,
			duplicated: 40,
			reordered: true,
		});
		expect(await world.judge({ ready: remaining(world) })).toEqual([]);
	});

	it("everything ends once where processes die and answers are lost as well", async () => {
		const world = await busyDay(null, {
			seed,
			lost: 30,
			duplicated: 30,
			reordered: true,
			faults: 25,
		});
		expect(await world.judge()).toEqual([]);
	});
});

describe("a model that never answers", () => {
	const away: Ports["vision"] = {
		async describe() {
			throw new Error("The model is away.");
		},
	};

	it(`is asked ${maxAttempts} times at most, then the item has failed and says so`, async () => {
		const world = new Simulator();
		const calls = withVision(world, away);
		const itemId = await world.upload();
		expect(await world.judge()).toEqual([]);
		expect(calls()).toBe(maxAttempts);
		const found = await world.ports.items.find(world.userId, itemId);
		expect(found?.item.error?.code).toBe("retries_exhausted");
	});

	it("fails the request after as many calls, and the item keeps what it had", async () => {
		const world = new Simulator();
		const itemId = await world.upload();
		await world.drain();
		const calls = withVision(world, away);
		const wanted = await requestAnalysis(world.ports, world.userId, itemId, {
			force: true,
		});
		expect(await world.judge({ ready: [itemId] })).toEqual([]);
		expect(calls()).toBe(maxAttempts);
		expect(await outcomeOf(world, wanted)).toMatchObject({
			status: "failed",
			error: { code: "retries_exhausted" },
		});
	});

	it("or kills its process every time, fails the item in the end", async () => {
		const world = new Simulator();
		const itemId = await world.upload();
		for (let round = 0; round < 3 * maxAttempts; round++) {
			for (const message of [...world.messages]) {
				if (message.visibleAt > world.time) continue;
				const process = world.process({
					kind: "killed before",
					at: "vision.describe",
				});
				await world.deliver(message, process);
			}
			await world.pass(1800);
			await world.sweep();
		}
		expect(await world.judge()).toEqual([]);
		const found = await world.ports.items.find(world.userId, itemId);
		expect(found?.item.error?.code).toBe("retries_exhausted");
	});
});

describe("a model that refuses the image", () => {
	it("fails the request with its sentence, at once, and the item keeps what it had", async () => {
		const world = new Simulator();
		const itemId = await world.upload();
		await world.drain();
		const calls = withVision(world, {
			async describe() {
				throw new PermanentFailure({
					code: "vision_refused",
					detail: "The model refuses to describe this image.",
				});
			},
		});
		const wanted = await requestAnalysis(world.ports, world.userId, itemId, {
			force: true,
		});
		expect(await world.judge({ ready: [itemId] })).toEqual([]);
		expect(calls()).toBe(1);
		expect(await outcomeOf(world, wanted)).toMatchObject({
			status: "failed",
			error: {
				code: "vision_refused",
				detail: "The model refuses to describe this image.",
			},
		});
	});

	it("fails the item, and a request by another model still makes it ready", async () => {
		const world = new Simulator();
		const { describe } = world.ports.vision;
		world.ports.vision.describe = async (request) => {
			if (request.provider === "other") return describe(request);
			throw new PermanentFailure({ code: "vision_refused", detail: "No." });
		};
		const itemId = await world.upload();
		await world.drain();
		const wanted = await requestAnalysis(world.ports, world.userId, itemId, {
			force: false,
			provider: "other",
		});
		expect("request" in wanted).toBe(true);
		expect(await world.judge({ ready: [itemId] })).toEqual([]);
	});
});

/** Replaces the model, and counts how often it is asked. */
function withVision(world: Simulator, vision: Ports["vision"]): () => number {
	let calls = 0;
	world.ports.vision.describe = async (request) => {
		calls += 1;
		return vision.describe(request);
	};
	return () => calls;
}

async function outcomeOf(
	{ ports, userId }: Simulator,
	wanted: Awaited<ReturnType<typeof requestAnalysis>>,
) {
	if (!("request" in wanted)) throw new Error("Nothing was asked for.");
	const { itemId, id } = wanted.request;
	return ports.requests.find(userId, itemId, id);
}
