import { spawn } from "node:child_process";
import { endings } from "../environment/interruption.ts";
import type { Target } from "../environment/target.ts";

/** The folder of the assembly that a deployment shows, and then deploys: nothing is built twice. */
export const assemblyFolder = "cdk.out";

/** Runs the CDK's command line, its output to the terminal. @throws where it ends with another code than 0 */
export async function cdk(
	command: string,
	args: string[],
	/** What a failure means, and what to do; follows its exit code. */
	failure: string,
	/** Whether its output is shown only where it fails. */
	{ quiet = false } = {},
): Promise<void> {
	let said = "";
	let interrupted: NodeJS.Signals | undefined;
	const ended = await new Promise<string>((resolve, reject) => {
		const child = spawn(
			"cdk",
			// With --ci progress goes to stdout; what is on stderr is an error.
			[command, ...args, "--no-notices", "--ci"],
			{ stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" },
		);
		child.stdout?.on("data", (text) => (said += text));
		child.stderr?.on("data", (text) => (said += text));
		child.once("error", (error: NodeJS.ErrnoException) =>
			reject(error.code === "ENOENT" ? new Error("cdk is not on the PATH: make install, then use make.") : error),
		);
		// A terminal's Ctrl-C reaches the command, too; what ends this process alone is handed on. Its end is waited for,
		// so that the sentence below is read.
		const interrupt = (ending: NodeJS.Signals) => {
			interrupted = ending;
			if (ending !== "SIGINT") child.kill(ending);
		};
		for (const ending of endings) process.on(ending, interrupt);
		child.once("close", (code, signal) => {
			for (const ending of endings) process.off(ending, interrupt);
			resolve(code === null ? `by ${signal}` : `with exit code ${code}`);
		});
	});
	if (interrupted || ended !== "with exit code 0") {
		process.stderr.write(said);
		throw new Error(
			interrupted
				? `cdk ${command} was interrupted (${interrupted}), and AWS goes on with what it has begun. ${failure}`
				: `cdk ${command} ended ${ended}. ${failure}`,
		);
	}
}

/** Builds the bundles and writes the templates of the environment. */
export async function synth({ name }: Target): Promise<void> {
	await cdk(
		"synth",
		["--quiet", "-c", `env=${name}`, "--output", assemblyFolder],
		`Environment ${name} was not synthesized: mend what stands above.`,
		// It tells of feature flags and stack ids that nobody asked for.
		{ quiet: true },
	);
}

/** Shows what a deployment would change. */
export async function diff({ name }: Target): Promise<void> {
	await cdk(
		"diff",
		["--app", assemblyFolder],
		`What would change could not be read: make infra-status ENV=${name} tells how the stacks stand.`,
	);
}
