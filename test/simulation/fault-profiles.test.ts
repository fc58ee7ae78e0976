import { describe, expect, it } from "vitest";
import { PermanentFailure } from "#core/errors.ts";
import { requestAnalysis } from "#core/pipeline/request-work.ts";
import { maxAttempts, type Ports } from "#core/ports/index.ts";
import { Simulator } from "./simulator.ts";
import { runWorkload, undeletedItems } from "./workload.ts";

const seeds = [1, 2, 3, 5, 8, 13, 21, 34];

describe.each(seeds)("with seed %i", (seed) => {
	it("every item becomes ready where 30 % of all events are lost", async () => {
		const simulator = await runWorkload(null, { seed, lost: 30 });
		expect(await simulator.verify({ ready: undeletedItems(simulator) })).toEqual([]);
	});

	it("every item becomes ready once where events come twice and in any order", async () => {
		const simulator = await runWorkload(null, {
			seed,
			duplicated: 40,
			reordered: true,
		});
		expect(await simulator.verify({ ready: undeletedItems(simulator) })).toEqual([]);
	});

	it("everything ends once where processes die and answers are lost, too", async () => {
		const simulator = await runWorkload(null, {
			seed,
			lost: 30,
			duplicated: 30,
			reordered: true,
			faults: 25,
		});
		expect(await simulator.verify()).toEqual([]);
	});
});

describe("a model that never answers", () => {
	const unavailable: Ports["vision"] = {
		async describe() {
			throw new Error("The model is unavailable.");
		},
	};

	it(`is called ${maxAttempts} times at most, then the item is failed with a code`, async () => {
		const simulator = new Simulator();
		const calls = withVision(simulator, unavailable);
		const itemId = await simulator.upload();
		expect(await simulator.verify()).toEqual([]);
		expect(calls()).toBe(maxAttempts);
		const found = await simulator.ports.items.find(simulator.userId, itemId);
		expect(found?.item.error?.code).toBe("retries_exhausted");
	});

	it("fails the request after as many calls, and the item keeps its analysis", async () => {
		const simulator = new Simulator();
		const itemId = await simulator.upload();
		await simulator.drain();
		const calls = withVision(simulator, unavailable);
		const wanted = await requestAnalysis(simulator.ports, simulator.userId, itemId, {
			force: true,
		});
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		expect(calls()).toBe(maxAttempts);
		expect(await outcomeOf(simulator, wanted)).toMatchObject({
			status: "failed",
			error: { code: "retries_exhausted" },
		});
	});

	it("or kills its process every time, fails the item", async () => {
		const simulator = new Simulator();
		const itemId = await simulator.upload();
		for (let round = 0; round < 3 * maxAttempts; round++) {
			for (const message of [...simulator.messages]) {
				if (message.visibleAt > simulator.time) continue;
				const process = simulator.process({
					kind: "killed before",
					at: "vision.describe",
				});
				await simulator.deliver(message, process);
			}
			await simulator.advance(1800);
			await simulator.sweep();
		}
		expect(await simulator.verify()).toEqual([]);
		const found = await simulator.ports.items.find(simulator.userId, itemId);
		expect(found?.item.error?.code).toBe("retries_exhausted");
	});
});

describe("a model that refuses the image", () => {
	it("fails the request at once with the model's reason, and the item keeps its analysis", async () => {
		const simulator = new Simulator();
		const itemId = await simulator.upload();
		await simulator.drain();
		const calls = withVision(simulator, {
			async describe() {
				throw new PermanentFailure({
					code: "vision_refused",
					detail: "The model refuses to describe this image.",
				});
			},
		});
		const wanted = await requestAnalysis(simulator.ports, simulator.userId, itemId, {
			force: true,
		});
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
		expect(calls()).toBe(1);
		expect(await outcomeOf(simulator, wanted)).toMatchObject({
			status: "failed",
			error: {
				code: "vision_refused",
				detail: "The model refuses to describe this image.",
			},
		});
	});

	it("fails the item, and a request by another model still makes it ready", async () => {
		const simulator = new Simulator();
		const { describe } = simulator.ports.vision;
		simulator.ports.vision.describe = async (request) => {
			if (request.provider === "other") return describe(request);
			throw new PermanentFailure({ code: "vision_refused", detail: "No." });
		};
		const itemId = await simulator.upload();
		await simulator.drain();
		const wanted = await requestAnalysis(simulator.ports, simulator.userId, itemId, {
			force: false,
			provider: "other",
		});
		expect("request" in wanted).toBe(true);
		expect(await simulator.verify({ ready: [itemId] })).toEqual([]);
	});
});

/** Replaces the vision model. @returns a function that counts its calls */
function withVision(simulator: Simulator, vision: Ports["vision"]): () => number {
	let calls = 0;
	simulator.ports.vision.describe = async (request) => {
		calls += 1;
		return vision.describe(request);
	};
	return () => calls;
}

async function outcomeOf({ ports, userId }: Simulator, wanted: Awaited<ReturnType<typeof requestAnalysis>>) {
	if (!("request" in wanted)) throw new Error("No request was created.");
	const { itemId, id } = wanted.request;
	return ports.requests.find(userId, itemId, id);
}
