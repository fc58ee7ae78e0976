import { createInterface } from "node:readline/promises";

/**
 * Asks whoever sits at the terminal; `YES=1` answers beforehand.
 * @throws where the answer is another, or nobody can give one
 */
export async function confirm(question: string, expected: string) {
	if (process.env.YES === "1") return;
	const answer = await ask(`${question} Type ${expected}: `);
	if (answer !== expected) throw new Error("Nothing was done.");
}

/** One line from the terminal. @throws where there is none */
export async function ask(question: string): Promise<string> {
	if (!process.stdin.isTTY || process.env.CI === "true") {
		throw new Error(
			"Nothing was done: nobody can be asked here, so YES=1 must say that it is meant.",
		);
	}
	const terminal = createInterface({
		input: process.stdin,
		output: process.stdout,
	});
	try {
		return (await terminal.question(question)).trim();
	} finally {
		terminal.close();
	}
}
