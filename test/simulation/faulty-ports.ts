import type { Ports } from "#core/ports/index.ts";

/** Faults that a process can meet at a port call. */
export const faultKinds = [
	"killed before",
	"killed after",
	"refused before",
	"answer lost after",
	"frozen before",
	"frozen after",
	"frozen while its item is deleted before",
	"overtaken by its item's deletion before",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
	kind: FaultKind;
	/** The index of the call among all calls of the process, or the first call of this name. */
	at: number | string;
}

/** A process whose ports kill it, freeze it or fail at one call. */
export interface FaultyProcess<P> {
	ports: P;
	/** Every call so far, as `port.method`. */
	calls: string[];
	/** Returns true once the fault's call was reached. */
	reached: () => boolean;
	/** Runs the process until it ends, dies or freezes. */
	run(work: (ports: P) => Promise<unknown>): Promise<"ended" | "died" | "frozen">;
	/** Lets a frozen process continue to its end. */
	thaw(): Promise<void>;
}

/** A dead process runs neither its catch nor its finally: its calls never end. */
const never = new Promise<never>(() => {});

export function faultyProcess<P extends Partial<Ports>>(
	ports: P,
	fault: Fault | null,
	/** Deletes the item from another process. */
	deleteItem: () => Promise<void> = async () => {},
): FaultyProcess<P> {
	const calls: string[] = [];
	let dead = false;
	let reached = false;
	const stopped = Promise.withResolvers<"died" | "frozen">();
	const thawed = Promise.withResolvers<void>();

	function die(): Promise<never> {
		dead = true;
		stopped.resolve("died");
		return never;
	}
	function freeze(): Promise<void> {
		stopped.resolve("frozen");
		return thawed.promise;
	}

	async function call(name: string, perform: () => Promise<unknown>) {
		if (dead) return never;
		const isHit = !reached && (fault?.at === calls.length || fault?.at === name);
		calls.push(name);
		if (!fault || !isHit) return perform();
		reached = true;
		switch (fault.kind) {
			case "killed before":
				return die();
			case "killed after":
				await perform();
				return die();
			case "refused before":
				throw new Error(`${name} is unavailable.`);
			case "answer lost after":
				await perform();
				throw new Error(`The answer of ${name} is lost.`);
			case "frozen before":
				await freeze();
				return perform();
			case "frozen after": {
				const answer = await perform();
				await freeze();
				return answer;
			}
			case "frozen while its item is deleted before":
				await deleteItem();
				await freeze();
				return perform();
			case "overtaken by its item's deletion before":
				await deleteItem();
				return perform();
		}
	}

	const wrapped = Object.fromEntries(
		Object.entries(ports).map(([portName, port]) => [
			portName,
			// Reading a clock is no call over a network.
			portName === "clock"
				? port
				: new Proxy(port as object, {
						get(target, name) {
							const member = Reflect.get(target, name);
							if (typeof member !== "function") return member;
							return (...args: unknown[]) =>
								call(`${portName}.${String(name)}`, async () => member.apply(target, args));
						},
					}),
		]),
	) as P;

	let running: Promise<unknown> = Promise.resolve();
	return {
		ports: wrapped,
		calls,
		reached: () => reached,
		async run(work) {
			running = work(wrapped).catch(() => {});
			return Promise.race([running.then(() => "ended" as const), stopped.promise]);
		},
		async thaw() {
			thawed.resolve();
			await running;
		},
	};
}
