import { existsSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** A third of the usual share of a processor, while others need it. */
const niceness = 5;
const maxNiceness = 19;

/** Lets other processes of this machine go first where its processors are busy. */
export function giveWay(pid: number, log: (line: string) => void): void {
	try {
		setPriority(pid, Math.min(maxNiceness, getPriority() + niceness));
		// Linux may share the processor between sessions first, and each sandbox is a session of its own.
		const session = `/proc/${pid}/autogroup`;
		if (existsSync(session)) writeFileSync(session, String(niceness));
	} catch (error) {
		log(`Process ${pid} has the usual priority: ${error}`);
	}
}
