import { spawn } from "node:child_process";
import { endSignals } from "../environment/interruption.ts";
import type { Target } from "../environment/target.ts";
import { type Part, stackName } from "./stacks.ts";

/** The folder of the assembly that a deployment first diffs and then deploys, so that nothing is built twice. */
export const assemblyFolder = "cdk.out";

/** Runs the CDK's command line with its output on the terminal. @throws if its exit code is not 0 */
export async function cdk(
	command: string,
	args: string[],
	/** Explains a failure and says what to do; printed after the exit code. */
	failure: string,
	/** `quiet` shows the output only after a failure. */
	{ quiet = false } = {},
): Promise<void> {
	let output = "";
	let interrupted: NodeJS.Signals | undefined;
	const ending = await new Promise<string>((resolve, reject) => {
		// A terminal sends Ctrl-C to the child, too; the other signals reach only this process and are forwarded. This
		// process waits for the child's end, so that the message below is printed last.
		const interrupt = (signal: NodeJS.Signals) => {
			interrupted = signal;
			if (signal !== "SIGINT") child.kill(signal);
		};
		// Before the child exists: a signal that arrives while it starts must find a listener.
		for (const signal of endSignals) process.on(signal, interrupt);
		const child = spawn(
			"cdk",
			// With --ci progress goes to stdout, so that stderr has only errors.
			[command, ...args, "--no-notices", "--ci"],
			{ stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" },
		);
		child.stdout?.on("data", (text) => (output += text));
		child.stderr?.on("data", (text) => (output += text));
		child.once("error", (error: NodeJS.ErrnoException) =>
			reject(
				error.code === "ENOENT"
					? new Error("cdk is not on the PATH: make install installs it, and make puts it there.")
					: error,
			),
		);
		child.once("close", (code, signal) => {
			for (const each of endSignals) process.off(each, interrupt);
			// The child's end may be noticed before the signal that ended both.
			interrupted ??= endSignals.find((each) => each === signal);
			resolve(code === null ? `by ${signal}` : `with exit code ${code}`);
		});
	});
	if (interrupted || ending !== "with exit code 0") {
		process.stderr.write(output);
		throw new Error(
			interrupted
				? `cdk ${command} was interrupted (${interrupted}), but AWS completes the change it has begun. ${failure}`
				: `cdk ${command} ended ${ending}. ${failure}`,
		);
	}
}

/** Builds the bundles and writes the templates of the environment. */
export async function synth({ name }: Target): Promise<void> {
	await cdk(
		"synth",
		["--quiet", "-c", `env=${name}`, "--output", assemblyFolder],
		`Environment ${name} was not synthesized: correct the errors above.`,
		// Its output is about feature flags and stack ids.
		{ quiet: true },
	);
}

/** Shows what a deployment would change, in all stacks or in one. */
export async function diff(target: Target, part?: Part): Promise<void> {
	await cdk(
		"diff",
		[...(part ? [stackName(part, target), "--exclusively"] : []), ...["--app", assemblyFolder]],
		`The changes could not be determined: make infra-status ENV=${target.name} shows the state of the stacks.`,
	);
}

/** Deploys stacks in this order, without a question: the person has consented to the diff. */
export async function deploy(
	target: Target,
	parts: Part[],
	/** Says what to do after a failure. */
	remedy: string,
): Promise<void> {
	await cdk(
		"deploy",
		[
			...parts.map((part) => stackName(part, target)),
			...["--app", assemblyFolder],
			"--exclusively",
			...["--require-approval", "never"],
			// make lambda-deploy-api or the console may have changed resources behind the template.
			"--revert-drift",
			...["--progress", "events"],
		],
		`Stacks before the one that failed stay deployed, and those after it were not touched. make infra-status ENV=${target.name} shows their state; correct the error and ${remedy}.`,
	);
}
