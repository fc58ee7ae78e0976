import { describe, expect, it } from "vitest";
import { type FaultKind, faultKinds } from "./faulty-ports.ts";
import { scenarios } from "./scenarios.ts";
import type { Simulator } from "./simulator.ts";

/** A frozen Lambda sandbox thaws at most when its invocation would have ended; this is longer. */
const frozenSeconds = 20 * 60;

/** Every fault at every port call of everything the pipeline does, each in a world of its own: it ends well, once. */
export function everyFault(
	newWorld: () => Simulator,
	kinds: readonly FaultKind[] = faultKinds,
): void {
	describe.each(scenarios)("$title", (act) => {
		it("ends well undisturbed", async () => {
			const world = newWorld();
			const itemId = await act.arrange(world);
			const process = world.process();
			expect(await act.run(world, process, itemId)).toBe("ended");
			expect(process.calls).toContain(act.reaches);
			expect(
				await world.judge({ ready: stillThere(world, act.mayFail) }),
			).toEqual([]);
		});

		it.each(kinds)("ends well when it is %s any port call", async (kind) => {
			const found: string[] = [];
			for (let at = 0; ; at++) {
				const world = newWorld();
				const itemId = await act.arrange(world);
				const process = world.process({ kind, at }, itemId);
				const outcome = await act.run(world, process, itemId);
				await world.watch();
				if (!process.reached()) {
					expect(at).toBeGreaterThan(process.calls.indexOf(act.reaches));
					break;
				}
				if (kind.startsWith("frozen")) {
					expect(outcome).toBe("frozen");
					await world.drain(frozenSeconds);
					await process.thaw();
				} else if (kind !== "overtaken by its item's deletion before") {
					await act.again?.(world, itemId).catch(() => {});
				}
				const broken = await world.judge({
					ready: stillThere(world, act.mayFail),
				});
				const where = `${kind} call ${at}, ${process.calls[at]}`;
				found.push(...broken.map((what) => `${where}: ${what}`));
			}
			expect(found).toEqual([]);
		});
	});
}

function stillThere(world: Simulator, mayFail?: true): string[] {
	if (mayFail) return [];
	return world.accepted.filter((id) => !world.deleted.includes(id));
}
