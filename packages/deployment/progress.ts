const interactive = process.stdout.isTTY;
const width = 34;

/** Runs one step of a long task and prints its duration; `update` shows the progress. */
export async function step<T>(
	title: string,
	run: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
	const started = performance.now();
	const label = `  ${title.padEnd(width)}`;
	if (interactive) process.stdout.write(label);
	try {
		const result = await run((done, total) => {
			if (interactive) process.stdout.write(`\r${label}${bar(done, total)}`);
		});
		const seconds = ((performance.now() - started) / 1000).toFixed(1);
		process.stdout.write(`${interactive ? "\r\x1b[K" : ""}${label}${seconds.padStart(6)} s\n`);
		return result;
	} catch (error) {
		process.stdout.write(`${interactive ? "\r\x1b[K" : ""}${label}failed\n`);
		throw error;
	}
}

function bar(done: number, total: number): string {
	const barWidth = 20;
	const full = Math.round((done / total) * barWidth);
	return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${done}/${total}`;
}

/** Runs a script's body; a failure is one sentence on stderr and exit code 1. */
export async function main(body: () => Promise<void>): Promise<void> {
	try {
		await body();
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		process.stderr.write(`\n${message}\n`);
		if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
		process.exit(1);
	}
}
