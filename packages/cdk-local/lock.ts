import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Marks a state folder as used by this process; takes it over where the process that marked it is dead.
 * @returns a function that releases it
 * @throws where a living process uses it
 */
export function lockState(stateDir: string): () => void {
	const file = join(stateDir, "cloud.pid");
	for (;;) {
		try {
			writeFileSync(file, String(process.pid), { flag: "wx" });
			return () => rmSync(file, { force: true });
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		const holder = stateHolder(stateDir);
		if (holder) {
			throw new Error(
				`The state in ${stateDir} is in use: cdk-local is running already, as process ${holder}. Use that one or end it.`,
			);
		}
		rmSync(file, { force: true });
	}
}

/** Returns the id of the process that uses a state folder, or null. */
export function stateHolder(stateDir: string): number | null {
	try {
		const pid = Number(readFileSync(join(stateDir, "cloud.pid"), "utf8"));
		return isNodeProcess(pid) ? pid : null;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

function isNodeProcess(pid: number): boolean {
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		// EPERM: the process lives and belongs to another user.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
	try {
		// After a reboot another program may have the same id.
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node");
	} catch {
		return true;
	}
}
