import { expect, it } from "vitest";
import { requestResize } from "#core/pipeline/request-work.ts";
import type { Fault } from "./faulty-ports.ts";
import { Simulator } from "./simulator.ts";

const deletions: Fault["kind"][] = [
	"overtaken by its item's deletion before",
	"frozen while its item is deleted before",
];

const arrangements: Record<string, (simulator: Simulator) => Promise<string>> = {
	"an upload": (simulator) => simulator.upload(),
	"a request for a new thumbnail": async (simulator) => {
		const itemId = await simulator.upload();
		await simulator.drain();
		await requestResize(simulator.ports, simulator.userId, itemId);
		return itemId;
	},
};

it.each(deletions.flatMap((kind) => Object.keys(arrangements).map((work) => ({ kind, work }))))(
	"the process stage of $work, $kind any port call, leaves no object when it ends, before any sweep",
	async ({ kind, work }) => {
		const left: string[] = [];
		for (let at = 0; ; at++) {
			const simulator = new Simulator();
			const itemId = (await arrangements[work]?.(simulator)) ?? "";
			const process = simulator.process({ kind, at }, itemId);
			await simulator.deliver(await simulator.deliverUntil("process"), process);
			if (!process.reached()) {
				expect(at).toBeGreaterThan(process.calls.indexOf("stages.commitProcessed"));
				break;
			}
			await process.thaw();
			const { objects } = await simulator.snapshot();
			left.push(...objects.map((key) => `${process.calls[at]}: ${key.replace(itemId, "ITEM")}`));
		}
		expect(left).toEqual([]);
	},
);
