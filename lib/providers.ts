import {
	baseUrlVariable,
	type Capability,
	isKeyed,
	type KeyedProvider,
	keyParameter,
	type ModelCapability,
	openaiServerVariables,
	type ProviderName,
	providersWith,
	readListedModel,
} from "#ai/providers.ts";
import {
	keyParameterVariable,
	modelVariable,
	type ProviderVariable,
	providerVariable,
} from "#lambda-kit/provider-env.ts";
import type { Environment } from "./environments.ts";

/** The environment's settings of a capability: its provider, and the model of each provider. */
function choice(environment: ModelChoices, capability: ModelCapability) {
	const { openaiServer } = environment;
	const models: Partial<Record<ProviderName, string>> = {
		...(capability === "chat" ? environment.chatModels : environment.models),
		...(capability === "embedding" && environment.embeddingModels),
		...(openaiServer && { openai: openaiServer.models[capability] }),
	};
	return { provider: environment[`${capability}Provider`], models };
}

type ModelChoices = Pick<
	Environment,
	"visionProvider" | "embeddingProvider" | "chatProvider" | "models" | "chatModels"
> &
	Partial<Pick<Environment, "embeddingModels" | "openaiServer">>;

/** Returns the provider and model that serve requests which name none; null where no provider is called. */
export function defaultModel(
	environment: ModelChoices,
	capability: ModelCapability,
): { provider: ProviderName; model: string } | null {
	const { provider, models } = choice(environment, capability);
	if (provider === "offline" || provider === "replay" || provider === "onnx") return null;
	return { provider, model: models[provider] ?? "" };
}

/** Returns a task's models in order, as providers with or without a model; embeddings have no list. */
const listOf = ({ modelLists }: Pick<Environment, "modelLists">, task: ModelCapability): readonly string[] =>
	task === "embedding" ? [] : modelLists[task];

/** Returns the models of a task's list, or its one, that a provider serves where a request names none. */
export function listedModels(
	environment: ModelChoices & Pick<Environment, "modelLists">,
	task: ModelCapability,
	provider: ProviderName,
): string[] {
	const { provider: first, models } = choice(environment, task);
	const list = listOf(environment, task);
	return (list.length > 0 ? list : [first])
		.map(readListedModel)
		.flatMap((listed) => (listed.provider === provider ? [listed.model ?? models[provider] ?? ""] : []));
}

/** Returns the model that an inference profile of Amazon Bedrock invokes; a model's own id is returned as it is. */
export function foundationModel(model: string): string {
	const [, id = model] = /^[a-z]+\.([a-z0-9]+\..+)$/.exec(model) ?? [];
	return id;
}

/** Returns the values of `providerEnv(capability)`, and addresses of stand-ins in environment `local`. */
export function providerVariables<C extends Capability>(
	environment: Environment,
	capability: C,
): Record<ProviderVariable<C>, string> {
	const variables: Record<string, string> = {};
	for (const name of providersWith(capability)) {
		if (!isKeyed(name)) continue;
		variables[keyParameterVariable(name)] = keyParameter(environment.name, name);
		const url = environment.providerUrls[name];
		if (url) variables[baseUrlVariable(name)] = url;
		const { openaiServer } = environment;
		if (name === "openai" && openaiServer) {
			variables[openaiServerVariables.url] = openaiServer.url;
			variables[openaiServerVariables.timeout] = String(openaiServer.timeoutSeconds);
		}
	}
	if (capability !== "webSearch" && capability !== "tracing") {
		const { provider, models } = choice(environment, capability);
		variables[providerVariable(capability)] = listOf(environment, capability).join() || provider;
		for (const name of providersWith(capability)) {
			variables[modelVariable(capability, name)] = models[name] ?? "";
		}
	}
	return variables as Record<ProviderVariable<C>, string>;
}

/**
 * Returns the providers whose keys a function must read. A request may name the provider that describes or answers,
 * so all of those; it never names the one that embeds, so the environment's alone.
 */
export function keysNeeded(
	{ embeddingProvider }: Pick<Environment, "embeddingProvider">,
	...capabilities: Capability[]
): KeyedProvider[] {
	return capabilities.flatMap((capability) =>
		providersWith(capability)
			.filter(isKeyed)
			.filter((name) => capability !== "embedding" || name === embeddingProvider),
	);
}
