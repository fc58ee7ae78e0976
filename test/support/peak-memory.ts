import { readFileSync, writeFileSync } from "node:fs";

/** From here on the process's peak is counted anew; on Linux only, elsewhere it is that of its whole life. */
export function forgetPeak(): void {
	if (process.platform === "linux") writeFileSync("/proc/self/clear_refs", "5");
}

/** The most memory this process held. */
export function peakMegabytes(): number {
	if (process.platform !== "linux") {
		return process.resourceUsage().maxRSS / 1024;
	}
	const status = readFileSync("/proc/self/status", "utf8");
	return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
