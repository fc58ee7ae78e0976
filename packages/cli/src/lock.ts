import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
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
		removeStale(file, work);
		return lock(file, work);
	}
	return () => rmSync(file, { force: true });
}

/** Removes the lock of a process that is gone. Of two that do so at once, one may take away the other's: it gives it back. */
function removeStale(file: string, work: string): void {
	const holder = contentOf(file);
	if (holder === null) return;
	refuse(holder, file, work);
	const taken = `${file}.${process.pid}`;
	try {
		renameSync(file, taken);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
		throw error;
	}
	const found = contentOf(taken) ?? "";
	if (found === holder) rmSync(taken);
	else renameSync(taken, file);
	if (found !== holder) refuse(found, file, work);
}

/** @throws Failure where the holder of a lock runs */
function refuse(holder: string, file: string, work: string): void {
	if (!isRunning(Number(holder))) return;
	throw new Failure(
		`Another ${work} is running (process ${holder}): wait for it, or end it. If that is another program, delete ${file}.`,
	);
}

/** Null where the lock was released meanwhile. */
function contentOf(file: string): string | null {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
		throw error;
	}
}

function isRunning(pid: number): boolean {
	try {
		return pid > 0 && process.kill(pid, 0);
	} catch (error) {
		// Another user's process is one that runs.
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
