import { describe, expect, it } from "vitest";
import { type FaultKind, faultKinds } from "./faulty-ports.ts";
import { scenarios } from "./scenarios.ts";
import type { Simulator } from "./simulator.ts";

/** Longer than any invocation: a frozen Lambda sandbox thaws after its lease has ended. */
const frozenSeconds = 20 * 60;

/** Tests every scenario with every fault at every one of its port calls, each in a new simulator. */
export function everyFault(newSimulator: () => Simulator, kinds: readonly FaultKind[] = faultKinds): void {
	describe.each(scenarios)("$title", (scenario) => {
		it("ends well without a fault", async () => {
			const simulator = newSimulator();
			const itemId = await scenario.arrange(simulator);
			const process = simulator.process();
			expect(await scenario.run(simulator, process, itemId)).toBe("ended");
			expect(process.calls).toContain(scenario.mustCall);
			expect(
				await simulator.verify({
					ready: expectedReady(simulator, scenario.mayFail),
				}),
			).toEqual([]);
		});

		it.each(kinds)("ends well when it is %s any port call", async (kind) => {
			const violations: string[] = [];
			for (let at = 0; ; at++) {
				const simulator = newSimulator();
				const itemId = await scenario.arrange(simulator);
				const process = simulator.process({ kind, at }, itemId);
				const outcome = await scenario.run(simulator, process, itemId);
				await simulator.checkInvariants();
				if (!process.reached()) {
					expect(at).toBeGreaterThan(process.calls.indexOf(scenario.mustCall));
					break;
				}
				if (kind.startsWith("frozen")) {
					expect(outcome).toBe("frozen");
					await simulator.drain(frozenSeconds);
					await process.thaw();
				} else if (kind !== "overtaken by its item's deletion before") {
					await scenario.retry?.(simulator, itemId).catch(() => {});
				}
				const found = await simulator.verify({
					ready: expectedReady(simulator, scenario.mayFail),
				});
				const where = `${kind} call ${at}, ${process.calls[at]}`;
				violations.push(...found.map((text) => `${where}: ${text}`));
			}
			expect(violations).toEqual([]);
		});
	});
}

function expectedReady(simulator: Simulator, mayFail?: true): string[] {
	if (mayFail) return [];
	return simulator.accepted.filter((id) => !simulator.deleted.includes(id));
}
