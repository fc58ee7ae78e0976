import { seeded } from "./random.ts";

/** One of those compared. */
export interface Side<Asked> {
	name: string;
	run(asked: Asked): Promise<string[]>;
	/** Before the time counts: the database gives its turn to this side's connection. */
	turn?(): Promise<unknown>;
}

export interface Measured {
	name: string;
	/** One an asked thing, in the order they were asked. */
	ms: number[];
	found: string[][];
}

/** Asked by every side and not counted. */
const warmUps = 3;

/** Every side does each thing right after the others, in an order of chance: a busy machine is busy for all. */
export async function interleaved<Asked>(asked: Asked[], sides: Side<Asked>[]): Promise<Measured[]> {
	const random = seeded(5);
	const measured = sides.map(({ name }): Measured => ({ name, ms: [], found: [] }));
	for (const [round, one] of asked.entries()) {
		const order = sides
			.map((side, at) => ({ side, to: measured[at], place: random() }))
			.sort((a, b) => a.place - b.place);
		for (const { side, to } of order) {
			await side.turn?.();
			const started = performance.now();
			const found = await side.run(one);
			const ms = performance.now() - started;
			if (round < warmUps) continue;
			to?.ms.push(ms);
			to?.found.push(found);
		}
	}
	return measured;
}

/** Things to ask, with those that only warm up. */
export function toAsk<Asked>(count: number, make: (at: number) => Asked): Asked[] {
	return Array.from({ length: warmUps + count }, (_, at) => make(at));
}

/** Those of `toAsk` that count. */
export function counted<Asked>(asked: Asked[]): Asked[] {
	return asked.slice(warmUps);
}

/** How long the first takes for each thing that the second takes 1. */
export function pairedRatios(ours: Measured, theirs: Measured): number[] {
	return ours.ms.map((ms, at) => ms / (theirs.ms[at] ?? Number.NaN));
}
