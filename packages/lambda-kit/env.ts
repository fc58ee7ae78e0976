import { baseUrlVariable, type Capability, keyedProviders } from "#ai/providers.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { type ProviderVariable, providerEnv } from "./provider-env.ts";

/** The names of the variables a function needs: the contract between the stacks and the code. */
export type EnvContract = readonly string[];

/** The variables of a contract, each present. */
export type Env<Contract extends EnvContract> = Readonly<Record<Contract[number], string>>;

/** Variables that more than one function reads, by what they describe; `lib/functions/variables.ts` gives their values. */
const variableGroups = {
	environment: ["ENVIRONMENT"],
	database: ["DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_SECRET_ARN", "DATABASE_TLS"],
	bucket: ["BUCKET_NAME"],
	bus: ["EVENT_BUS_NAME"],
	checkpoints: ["CHECKPOINT_TABLE_NAME"],
	userPool: ["USER_POOL_ID"],
	/** The stage's own queue, and how many invocations work it off at once. */
	queue: ["QUEUE_URL", "QUEUE_CONCURRENCY"],
} as const;
type OwnGroup = keyof typeof variableGroups;

/** A group above, or the providers with a capability. */
export type VariableGroup = OwnGroup | Capability;
type Variable<Group extends VariableGroup> = Group extends Capability
	? ProviderVariable<Group>
	: Group extends OwnGroup
		? (typeof variableGroups)[Group][number]
		: never;
export type GroupEnv<Group extends VariableGroup> = Env<Variable<Group>[]>;

/** Returns the names of the variables in some groups. */
export function variablesIn<Group extends VariableGroup>(...groups: Group[]): Variable<Group>[] {
	const names = groups.flatMap((group: VariableGroup): readonly string[] =>
		isOwn(group) ? variableGroups[group] : providerEnv(group),
	);
	// A provider with two capabilities has one key.
	return [...new Set(names)] as Variable<Group>[];
}

/** Returns those groups that are capabilities of providers. */
export const capabilitiesIn = (groups: readonly VariableGroup[]): Capability[] =>
	groups.filter((group): group is Capability => !isOwn(group));

const isOwn = (group: VariableGroup): group is OwnGroup => Object.hasOwn(variableGroups, group);

/** Every stage logs in to Postgres, publishes events and puts off messages of its queue. */
export const stageGroups = ["environment", "database", "bus", "queue"] as const;
type StageGroup<Name extends StageName> = (typeof stageGroups)[number] | (typeof stages)[Name]["env"][number];
export type StageEnv<Name extends StageName> = GroupEnv<StageGroup<Name>>;

/** Returns the contract of a stage's function. */
export function stageContract<Name extends StageName>(name: Name): Variable<StageGroup<Name>>[] {
	return variablesIn<StageGroup<Name>>(...stageGroups, ...stages[name].env);
}

/** Variables for tests on one machine. Elsewhere one of them would send images and keys to a stranger, or end the function. */
const onlyLocal = ["CRASH_AT", "REPLAY_FOLDER", "ONNX_FOLDER", ...keyedProviders.map(baseUrlVariable)];

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
		throw new Error(`This function lacks the variables ${missing.join(", ")}: set them in lib/functions/.`);
	}
	const forbidden = onlyLocal.filter((name) => source[name]);
	if (forbidden.length > 0 && source.ENVIRONMENT !== "local") {
		throw new Error(`${forbidden.join(", ")} is set, which only environment local allows: remove the variable.`);
	}
	return Object.fromEntries(contract.map((name) => [name, source[name]])) as Env<Contract>;
}

/** The variables that the Lambda runtime or environment `local` sets besides a contract. */
export const runtimeEnv = {
	functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
	/** The environment's name, which metrics carry. */
	environment: process.env.ENVIRONMENT,
	crashAt: process.env.CRASH_AT,
	/** The dataset from which the vision provider `replay` answers, in environment `local`. */
	replayFolder: process.env.REPLAY_FOLDER,
	/** The embedding model that runs on this machine, in environment `local`. */
	onnx:
		process.env.ONNX_FOLDER && process.env.ONNX_RUNTIME
			? { folder: process.env.ONNX_FOLDER, runtime: process.env.ONNX_RUNTIME }
			: undefined,
};
