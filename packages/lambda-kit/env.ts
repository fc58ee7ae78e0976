import { baseUrlVariable, keyedProviders } from "#ai/providers.ts";

/** The names of the variables a function needs: the contract between the compute stack and the code. */
export type EnvContract = readonly string[];

/** The variables of a contract, each present. */
export type Env<Contract extends EnvContract> = Readonly<
	Record<Contract[number], string>
>;

/** How every function that talks to Postgres is told where it is. */
export const databaseEnv = [
	"DATABASE_HOST",
	"DATABASE_PORT",
	"DATABASE_NAME",
	"DATABASE_SECRET_ARN",
	"DATABASE_TLS",
] as const;

/** Variables for tests on one machine; anywhere else one of them would send images and keys to a stranger, or end the function. */
const onlyLocal = [
	"CRASH_AT",
	"REPLAY_FOLDER",
	...keyedProviders.map(baseUrlVariable),
];

/**
 * Reads a function's variables at cold start.
 * @throws naming every missing variable; or one that only environment `local` allows.
 */
export function readEnv<const Contract extends EnvContract>(
	contract: Contract,
	source: Record<string, string | undefined> = process.env,
): Env<Contract> {
	const missing = contract.filter((name) => !source[name]);
	if (missing.length > 0) {
		throw new Error(
			`This function lacks the variables ${missing.join(", ")}: set them in lib/stacks/compute-stack.ts.`,
		);
	}
	const strays = onlyLocal.filter((name) => source[name]);
	if (strays.length > 0 && source.ENVIRONMENT !== "local") {
		throw new Error(
			`${strays.join(", ")} is set, which only environment local allows: remove the variable.`,
		);
	}
	return Object.fromEntries(
		contract.map((name) => [name, source[name]]),
	) as Env<Contract>;
}

/** What the Lambda runtime, or the local cloud in its place, tells every function besides its contract. */
export const runtimeEnv = {
	functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
	/** The environment's name, which metrics carry. */
	environment: process.env.ENVIRONMENT,
	crashAt: process.env.CRASH_AT,
	/** The dataset that the vision provider `replay` answers from, in environment `local`. */
	replayFolder: process.env.REPLAY_FOLDER,
};
