import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Appends the lines of a function to its file below the state folder. */
export function functionLog(
	stateDir: string,
	name: string,
): (line: string) => void {
	const folder = join(stateDir, "logs");
	mkdirSync(folder, { recursive: true });
	const stream = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
	// A full disk must not end the cloud.
	stream.on("error", () => {});
	return (line) => void stream.write(`${line}\n`);
}
