import { describe, expect, it } from "vitest";
import { stageNames } from "#core/pipeline/stages.ts";
import { BusyStages } from "./busy-stages.ts";

const others = Array.from({ length: 20 }, (_, number) => `other-${number}`);
const usualSeconds = { process: 0.5, analyze: 2, embed: 0.1 };

describe.each([2, 3, 4, 10])("%i concurrent invocations of each stage", (concurrency) => {
	it.each([true, false])(
		"make everything ready, and nobody holds more than the share while another waits (fair queues: %s)",
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

	it("all work for one person while nobody else waits", async () => {
		const stages = new BusyStages(concurrency, () => 1);
		for (let count = 0; count < 30; count++) await stages.upload("heavy");
		await stages.runUntil(Number.POSITIVE_INFINITY);
		expect(stages.readyAfter.size).toBe(30);
		expect(Object.fromEntries(stages.mostHeld)).toEqual(
			Object.fromEntries(stageNames.map((stage) => [stage, concurrency])),
		);
	});
});
