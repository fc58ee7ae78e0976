import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Linux counts time of the processor in these. */
const ticksPerSecond = 100;

/** Seconds of the processors since a time before the bench. NaN where the machine is no Linux. */
export interface ProcessorTime {
	/** A process, its descendants, and those of them that have ended. */
	cloud: number;
	/** Everything that this machine ran. */
	machine: number;
}

export function processorTime(cloudPid: number): ProcessorTime {
	if (process.platform !== "linux") return { cloud: Number.NaN, machine: Number.NaN };
	const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
	return { cloud: secondsOf(cloudPid), machine: busy / 1_000 };
}

function secondsOf(root: number): number {
	const processes = new Map<number, { parent: number; own: number; ended: number }>();
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name)) continue;
		const text = statOf(name);
		if (text === null) continue;
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		const [, parent = 0] = fields.map(Number);
		const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
		processes.set(Number(name), { parent, own: user + system, ended: endedUser + endedSystem });
	}
	const isDescendant = (pid: number): boolean =>
		pid === root || (processes.has(pid) && isDescendant(processes.get(pid)?.parent ?? 0));
	let ticks = 0;
	for (const [pid, { own, ended }] of processes) if (isDescendant(pid)) ticks += own + ended;
	return ticks / ticksPerSecond;
}

/** A process may end while it is looked at. */
function statOf(pid: string): string | null {
	try {
		return readFileSync(`/proc/${pid}/stat`, "utf8");
	} catch (error) {
		if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
		throw error;
	}
}
