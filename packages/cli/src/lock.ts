import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { Failure } from "./failure.ts";

/**
 * Takes a lock that one process at a time has; that of a process which was killed is taken over.
 * @param work what the holder does, for the sentence that refuses a second one
 * @returns what releases it
 * @throws Failure where another process has it
 */
export function lock(file: string, work: string): () => void {
	try {
		writeFileSync(file, String(process.pid), { flag: "wx", mode: 0o600 });
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		const holder = Number(readFileSync(file, "utf8"));
		if (isRunning(holder)) {
			throw new Failure(`Another ${work} is running (process ${holder}): wait for it, or end it.`);
		}
		rmSync(file, { force: true });
		return lock(file, work);
	}
	return () => rmSync(file, { force: true });
}

function isRunning(pid: number): boolean {
	try {
		return pid > 0 && process.kill(pid, 0);
	} catch {
		return false;
	}
}
