import {
	type Capability,
	isKeyed,
	type KeyedProvider,
	type ModelCapability,
	modelTable,
	type ProviderName,
	type ProviderWith,
	providersWith,
} from "#ai/providers.ts";

type ModelVariable<C extends ModelCapability, P extends string> = P extends string
	? `${Uppercase<P>}${C extends "chat" ? "_CHAT" : C extends "embedding" ? (P extends ProviderWith<"vision"> ? "_EMBEDDING" : "") : ""}_MODEL`
	: never;
type KeyParameterVariable<P extends string> = `${Uppercase<P>}_KEY_PARAMETER`;

/** The variables by which a function knows the providers with a capability. */
export type ProviderVariable<C extends Capability> =
	| KeyParameterVariable<Extract<ProviderWith<C>, KeyedProvider>>
	| (C extends ModelCapability ? `${Uppercase<C>}_PROVIDER` | ModelVariable<C, ProviderWith<C>> : never);

export const providerVariable = <C extends ModelCapability>(capability: C) =>
	`${capability.toUpperCase() as Uppercase<C>}_PROVIDER` as const;

export const modelVariable = <C extends ModelCapability, P extends string>(capability: C, provider: P) =>
	`${provider.toUpperCase()}${infixes[modelTable(capability, provider as ProviderName)]}_MODEL` as ModelVariable<C, P>;

const infixes = { models: "", chatModels: "_CHAT", embeddingModels: "_EMBEDDING" };

export const keyParameterVariable = <P extends KeyedProvider>(provider: P) =>
	`${provider.toUpperCase() as Uppercase<P>}_KEY_PARAMETER` as const;

/** Returns the part of a function's contract that is about the providers with a capability. */
export function providerEnv<C extends Capability>(capability: C): readonly ProviderVariable<C>[] {
	const names: ProviderName[] = providersWith(capability);
	const keys = names.filter(isKeyed).map((name) => keyParameterVariable(name));
	const models = isModelCapability(capability)
		? [providerVariable(capability), ...names.map((name) => modelVariable(capability, name))]
		: [];
	return [...keys, ...models] as string[] as ProviderVariable<C>[];
}

function isModelCapability(capability: Capability): capability is ModelCapability {
	return capability !== "webSearch" && capability !== "tracing";
}
