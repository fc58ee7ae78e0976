// Runs one script after another in this process, each as if it began: with its own folder and environment. The modules
// that they share are loaded once, which takes most of a short script's time.
import { pathToFileURL } from "node:url";

export interface Request {
	file: string;
	folder: string;
	env: Record<string, string | undefined>;
}

/** Ends the output of a script, on both streams. */
const endOfOutput = process.argv[2] ?? "";

class Exit extends Error {
	readonly code: number;

	constructor(code: number) {
		super(`The script ended with exit code ${code}.`);
		this.code = code;
	}
}

process.exit = (code) => {
	throw new Exit(Number(code ?? process.exitCode ?? 0));
};

let runs = 0;

async function run({ file, folder, env }: Request): Promise<number> {
	process.chdir(folder);
	for (const name of Object.keys(process.env)) delete process.env[name];
	Object.assign(process.env, env);
	process.exitCode = undefined;
	runs += 1;
	try {
		// A query makes it another module: the script's body runs again.
		await import(`${pathToFileURL(file)}?run=${runs}`);
		return Number(process.exitCode ?? 0);
	} catch (error) {
		if (error instanceof Exit) return error.code;
		console.error(error);
		return 1;
	}
}

process.on("message", async (request: Request) => {
	const code = await run(request);
	process.stdout.write(endOfOutput);
	process.stderr.write(endOfOutput);
	process.send?.(code);
});
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
