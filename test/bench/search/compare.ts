import { seeded } from "#tools/random.ts";

/** One product in a comparison. */
export interface Side<Task> {
	name: string;
	run(task: Task): Promise<string[]>;
	/** Runs before the time counts: the database gives its turn to this side's connection. */
	turn?(): Promise<unknown>;
}

export interface Measured {
	name: string;
	/** One for each task, in the order of the tasks. */
	ms: number[];
	found: string[][];
}

/** Tasks that every side runs uncounted. */
const warmUps = 3;

/** Runs each task on every side in turn, in random order, so that a busy machine is busy for all. */
export async function interleaved<Task>(tasks: Task[], sides: Side<Task>[]): Promise<Measured[]> {
	const random = seeded(5);
	const measured = sides.map(({ name }): Measured => ({ name, ms: [], found: [] }));
	for (const [round, task] of tasks.entries()) {
		const order = sides
			.map((side, at) => ({ side, result: measured[at], order: random() }))
			.sort((a, b) => a.order - b.order);
		for (const { side, result } of order) {
			await side.turn?.();
			const started = performance.now();
			const found = await side.run(task);
			const ms = performance.now() - started;
			if (round < warmUps) continue;
			result?.ms.push(ms);
			result?.found.push(found);
		}
	}
	return measured;
}

/** Makes tasks, warm-ups included. */
export function withWarmUps<Task>(count: number, make: (at: number) => Task): Task[] {
	return Array.from({ length: warmUps + count }, (_, at) => make(at));
}

/** Returns the tasks of `withWarmUps` that count. */
export function counted<Task>(tasks: Task[]): Task[] {
	return tasks.slice(warmUps);
}

/** Returns our time divided by theirs, for each task. */
export function pairedRatios(ours: Measured, theirs: Measured): number[] {
	return ours.ms.map((ms, at) => ms / (theirs.ms[at] ?? Number.NaN));
}
