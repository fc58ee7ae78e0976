import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Returns a function that appends lines to `logs/NAME.log` of the state folder. */
export function functionLog(stateDir: string, name: string): (line: string) => void {
	const folder = join(stateDir, "logs");
	mkdirSync(folder, { recursive: true });
	const stream = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
	// A full disk must not end the emulator.
	stream.on("error", () => {});
	return (line) => void stream.write(`${line}\n`);
}
