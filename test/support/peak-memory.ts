import { readFileSync, writeFileSync } from "node:fs";

/** Resets the process's peak memory, on Linux only: elsewhere the peak is that of the whole process. */
export function resetPeak(): void {
	if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
}

/** Returns the process's peak memory since the last reset. */
export function peakMegabytes(): number {
	if (process.platform !== "linux") {
		return process.resourceUsage().maxRSS / 1024;
	}
	const status = readFileSync("/proc/self/status", "utf8");
	const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(status) ?? [];
	if (!kilobytes) throw new Error("/proc/self/status has no VmHWM.");
	return Number(kilobytes) / 1024;
}
