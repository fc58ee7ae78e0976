import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

/**
 * Asks for consent at the terminal; `YES=1` consents beforehand.
 * @throws if the answer differs, or there is no terminal
 */
export async function confirm(question: string, expected: string) {
	if (process.env.YES === "1") return;
	const answer = await ask(`${question} Type ${expected}: `, {
		remedy: "YES=1 must give consent",
	});
	if (answer !== expected) throw new Error("Nothing was changed.");
}

/** Asks for a user's password. @throws without a terminal */
export const askPassword = (email: string): Promise<string> =>
	ask(`Password of ${email}: `, { hidden: true, remedy: "PASSWORD must be set in the environment" });

/** Reads one line from the terminal. @throws without a terminal, naming the alternative in `remedy` */
export async function ask(
	question: string,
	{ remedy, hidden = false }: { remedy: string; hidden?: boolean },
): Promise<string> {
	if (!process.stdin.isTTY || process.env.CI === "true") {
		throw new Error(`Nothing was changed: without a terminal, ${remedy}.`);
	}
	if (hidden) process.stdout.write(question);
	const terminal = createInterface({
		input: process.stdin,
		terminal: true,
		// Discards readline's echo of a password.
		output: hidden ? new Writable({ write: (_c, _e, done) => done() }) : process.stdout,
	});
	try {
		return (await terminal.question(hidden ? "" : question)).trim();
	} finally {
		terminal.close();
		if (hidden) process.stdout.write("\n");
	}
}
