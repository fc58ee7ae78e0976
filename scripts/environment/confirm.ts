import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/**
 * Asks whoever sits at the terminal; `YES=1` answers beforehand.
 * @throws where the answer is another, or nobody can give one
 */
export async function confirm(question: string, expected: string) {
	if (process.env.YES === "1") return;
	const answer = await ask(`${question} Type ${expected}: `, {
		remedy: "YES=1 must say that it is meant",
	});
	if (answer !== expected) throw new Error("Nothing was changed.");
}

/** One line from the terminal. @throws where nobody sits there, with what would do instead */
export async function ask(
	question: string,
	{ remedy, hidden = false }: { remedy: string; hidden?: boolean },
): Promise<string> {
	if (!process.stdin.isTTY || process.env.CI === "true") {
		throw new Error(`Nothing was changed: nobody can be asked here, so ${remedy}.`);
	}
	if (hidden) process.stdout.write(question);
	const terminal = createInterface({
		input: process.stdin,
		terminal: true,
		// A terminal would show a password as it is typed.
		output: hidden ? new Writable({ write: (_c, _e, done) => done() }) : process.stdout,
	});
	try {
		return (await terminal.question(hidden ? "" : question)).trim();
	} finally {
		terminal.close();
		if (hidden) process.stdout.write("\n");
	}
}
