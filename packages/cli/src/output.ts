import { styleText } from "node:util";

export interface OutputOptions {
	json?: boolean;
	quiet?: boolean;
}

/** Results go to stdout, everything else to stderr: a program reads the one and a person both. */
export class Output {
	readonly json: boolean;
	readonly quiet: boolean;

	constructor({ json = false, quiet = false }: OutputOptions) {
		this.json = json;
		this.quiet = quiet;
	}

	/** Prints the result: as JSON with `--json`, else as lines for a person. */
	result(value: unknown, lines: string | readonly string[]): void {
		if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
		else if (!this.quiet) for (const line of [lines].flat()) process.stdout.write(`${plain(line)}\n`);
	}

	/** Tells a person about the way there. */
	note(line: string): void {
		if (!this.json && !this.quiet) process.stderr.write(`${plain(line)}\n`);
	}

	/** Shows the progress in place on a terminal; elsewhere it would be noise. */
	progress(line: string): void {
		if (!this.json && !this.quiet && process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
	}

	clearProgress(): void {
		this.progress("");
	}
}

/** Counts what a noun names, as `1 item` or `2 items`. */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Aligns rows in columns, numbers and their heading at the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
	const widths: number[] = [];
	const numbers = new Set<number>();
	for (const row of rows) {
		for (const [at, cell] of row.entries()) {
			widths[at] = Math.max(widths[at] ?? 0, String(cell).length);
			if (typeof cell === "number") numbers.add(at);
		}
	}
	const aligned = (cell: string | number, at: number) =>
		String(cell)[numbers.has(at) ? "padStart" : "padEnd"](widths[at] ?? 0);
	return rows.map((row) => row.map(aligned).join("  ").trimEnd());
}

/** Colours on a terminal alone, and never where `NO_COLOR` is set. */
export const bold = (text: string) => (isColoured() ? styleText("bold", text) : text);
export const dim = (text: string) => (isColoured() ? styleText("dim", text) : text);
const isColoured = () => process.stdout.isTTY && !process.env.NO_COLOR;

/** Finds the sequences that `bold` and `dim` write, and every control character. */
const controls = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22)m|\\p{Cc}`, "gu");

/** Texts come from pictures: a control character in one must not reach the terminal. */
export const plain = (text: string) =>
	text.replace(controls, (found) =>
		found === "\n" || found === "\t" || (found.length > 1 && isColoured()) ? found : "",
	);
