import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";

/** An invocation writes its lines within a few milliseconds; a write for each took a sixth of the emulator's time. */
const flushMs = 25;

/** Returns a function that appends lines to `logs/NAME.log` of the state folder, a moment later and together. */
export function functionLog(stateDir: string, name: string): (line: string) => void {
	const folder = join(stateDir, "logs");
	mkdirSync(folder, { recursive: true });
	const stream = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
	// A full disk must not end the emulator.
	stream.on("error", () => {});
	let waiting = "";
	const flush = () => {
		stream.write(waiting);
		waiting = "";
	};
	return (line) => {
		if (waiting === "") setTimeout(flush, flushMs);
		waiting += `${line}\n`;
	};
}
