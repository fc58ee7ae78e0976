import { describe, expect, it } from "vitest";
import { stageNames } from "#core/pipeline/stages.ts";
import { BusyStages, type WorkSeconds } from "./busy-stages.ts";
import { random } from "./random.ts";

const people = 20;
const others = Array.from({ length: people }, (_, number) => `other-${number}`);
const usualSeconds = { process: 0.5, analyze: 2, embed: 0.1 };
/** How much longer a stage works on an image of the heavy person. */
const heavyFactor = 10;

describe.each([2, 3, 4, 10])("%i concurrent invocations of each stage", (concurrency) => {
	it.each([true, false])(
		"make everything ready, and nobody takes a second one while a person with none waits (fair queues: %s)",
		async (fairQueues) => {
			const stages = new BusyStages(concurrency, (_, stage) => usualSeconds[stage], { fairQueues });
			const uploaded: string[] = [];
			for (let count = 0; count < 100; count++) uploaded.push(await stages.upload("heavy"));
			await stages.runUntil(10);
			for (const user of others) {
				uploaded.push(await stages.upload(user));
				await stages.runUntil(stages.time + 2);
			}
			await stages.runUntil(Number.POSITIVE_INFINITY);
			expect(stages.violations).toEqual([]);
			expect(stages.deferrals).toBeGreaterThan(0);
			expect(uploaded.filter((id) => !stages.readyAfter.has(id))).toEqual([]);
		},
	);

	it("all work for one person while nobody else is there", async () => {
		const stages = new BusyStages(concurrency, () => 10);
		for (let count = 0; count < 30; count++) await stages.upload("heavy");
		await stages.runUntil(Number.POSITIVE_INFINITY);
		expect(stages.readyAfter.size).toBe(30);
		expect(Object.fromEntries(stages.maxHeld)).toEqual(
			Object.fromEntries(stageNames.map((stage) => [stage, concurrency])),
		);
	});
});

const waves = 4;
const backlog = 250;

describe.each([2, 4])(
	"with %i invocations, twenty people who upload at the same time again and again",
	(concurrency) => {
		it.each([
			{ seed: 1, fairQueues: true },
			{ seed: 2, fairQueues: true },
			{ seed: 3, fairQueues: true },
			{ seed: 4, fairQueues: false },
		])("wait at most 1.5 times as long beside a person whose backlog takes ten times as long: %o", async (options) => {
			const alone = await uploadInWaves(concurrency, { ...options, heavy: false });
			const beside = await uploadInWaves(concurrency, { ...options, heavy: true });
			expect(alone.deferrals, "nobody who uploads one at a time is put off").toBe(0);
			expect([alone.waits, beside.waits].map(({ length }) => length)).toEqual([people * waves, people * waves]);
			expect(p95(beside.waits) / p95(alone.waits)).toBeLessThanOrEqual(1.5);
			expect(beside.heavyReady, "the heavy person is served, too").toBeGreaterThan(10);
		});
	},
);

interface Waves {
	/** Seconds from upload to ready of the others' images, but for their first. */
	waits: number[];
	deferrals: number;
	heavyReady: number;
}

async function uploadInWaves(
	concurrency: number,
	{ seed, fairQueues, heavy }: { seed: number; fairQueues: boolean; heavy: boolean },
): Promise<Waves> {
	const stages = new BusyStages(concurrency, variedSeconds(seed), { fairQueues });
	const chance = random(seed);
	const ofHeavy: string[] = [];
	if (heavy) for (let count = 0; count < backlog; count++) ofHeavy.push(await stages.upload("heavy"));
	await stages.runUntil(90);
	// Finds the stages filled by the one who was alone, and waits for the end of what runs.
	for (const user of others) await stages.upload(user);
	const measured: string[] = [];
	for (let wave = 0; wave < waves; wave++) {
		await stages.runUntil(stages.time + 40 + chance.below(20));
		for (const user of others) measured.push(await stages.upload(user));
	}
	await stages.runUntil(stages.time + 120);
	return {
		waits: measured.flatMap((id) => stages.readyAfter.get(id) ?? []),
		deferrals: stages.deferrals,
		heavyReady: ofHeavy.filter((id) => stages.readyAfter.has(id)).length,
	};
}

/** Gives each image of each person a length of its own, the same in every run of the seed. */
function variedSeconds(seed: number): WorkSeconds {
	const lengths = new Map(
		[...others, "heavy"].map((user, number) => {
			const chance = random(seed * 1_000 + number);
			return [user, Array.from({ length: backlog }, () => 0.5 + chance.below(1_001) / 1_000)];
		}),
	);
	return (userId, stage, nth) =>
		usualSeconds[stage] * (lengths.get(userId)?.[nth] ?? 1) * (userId === "heavy" ? heavyFactor : 1);
}

const p95 = (values: number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? Number.NaN;
