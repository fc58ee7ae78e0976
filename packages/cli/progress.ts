const interactive = process.stdout.isTTY;
const width = 34;

/** Runs one step of something long and says how long it took; `update` shows how far it is. */
export async function step<T>(
	title: string,
	run: (update: (done: number, of: number) => void) => Promise<T>,
): Promise<T> {
	const started = performance.now();
	const label = `  ${title.padEnd(width)}`;
	if (interactive) process.stdout.write(label);
	try {
		const result = await run((done, of) => {
			if (interactive) process.stdout.write(`\r${label}${bar(done, of)}`);
		});
		const seconds = ((performance.now() - started) / 1000).toFixed(1);
		process.stdout.write(`${interactive ? "\r\x1b[K" : ""}${label}${seconds.padStart(6)} s\n`);
		return result;
	} catch (error) {
		process.stdout.write(`${interactive ? "\r\x1b[K" : ""}${label}failed\n`);
		throw error;
	}
}

function bar(done: number, of: number): string {
	const cells = 20;
	const full = Math.round((done / of) * cells);
	return `${"█".repeat(full)}${"░".repeat(cells - full)} ${done}/${of}`;
}

/** Runs a script's body; a failure is one sentence on stderr and exit code 1. */
export async function main(body: () => Promise<void>): Promise<void> {
	try {
		await body();
	} catch (error) {
		const said = error instanceof Error ? error.message : String(error);
		process.stderr.write(`\n${said}\n`);
		if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
		process.exit(1);
	}
}
