import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Marks a state folder as in use by this process.
 * @returns what gives it back
 * @throws where a living process uses it; the mark of a dead one is taken over
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
				`The local cloud with its state in ${stateDir} is running already, as process ${holder}: use it, or end it with "make down".`,
			);
		}
		rmSync(file, { force: true });
	}
}

/** The process that uses a state folder, or null. */
export function stateHolder(stateDir: string): number | null {
	try {
		const pid = Number(readFileSync(join(stateDir, "cloud.pid"), "utf8"));
		return isCloud(pid) ? pid : null;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

function isCloud(pid: number): boolean {
	if (!Number.isInteger(pid) || pid <= 0) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		// EPERM: it lives, and belongs to somebody else.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
	try {
		// After a reboot the number may be of some other program.
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("node");
	} catch {
		return true;
	}
}
