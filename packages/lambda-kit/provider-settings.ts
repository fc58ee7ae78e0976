import type { Settings } from "#ai/adapters.ts";
import type { CircuitBreaker } from "#ai/circuit-breaker.ts";
import type { ApiKey, ProviderSettings } from "#ai/provider.ts";
import {
	baseUrlVariable,
	isKeyed,
	type KeyedProvider,
	type ListedModel,
	type ModelCapability,
	openaiServerVariables,
	type ProviderName,
	providersWith,
	readListedModel,
} from "#ai/providers.ts";
import { apiKeyParameter } from "./api-key.ts";
import { log } from "./log.ts";
import { keyParameterVariable, modelVariable, type ProviderVariable, providerVariable } from "./provider-env.ts";

type Variables = Readonly<Record<string, string>>;

/** Reads a function's variables about the providers with a capability. */
export function providerSettings<C extends ModelCapability>(
	capability: C,
	env: Readonly<Record<ProviderVariable<C>, string>>,
	breaker?: CircuitBreaker,
): Settings<C> {
	const variables: Variables = env;
	const list = (variables[providerVariable(capability)] ?? "").split(",");
	const [provider = "", ...fallbacks] = list;
	const settings: Partial<Record<ProviderName, object>> = {};
	for (const name of providersWith(capability) as ProviderName[]) {
		const model = variables[modelVariable(capability, name)];
		if (isKeyed(name)) {
			settings[name] = { ...accessTo(name, variables), model, breaker };
		} else if (list.some((entry) => readListedModel(entry).provider === name)) {
			// A function's role is let in only where the environment names that provider.
			settings[name] = { model, breaker };
		}
	}
	return { provider, fallbacks, onTakeover: logTakeover, ...settings } as Settings<C>;
}

const logTakeover: Settings<ModelCapability>["onTakeover"] = ({ from, to, failure }) =>
	log.warn("model taken over", { from: nameOf(from), to: nameOf(to), error: failure });

const nameOf = ({ provider, model }: ListedModel) => (model ? `${provider}/${model}` : provider);

/** Returns a provider's key and, in environment `local`, the address of its stand-in; or a server in its place. */
export function accessTo(
	provider: KeyedProvider,
	env: Variables,
	keyIn: (parameter: string) => ApiKey = apiKeyParameter,
): Pick<ProviderSettings, "key" | "baseUrl" | "server"> {
	const key = keyIn(env[keyParameterVariable(provider)] ?? "");
	const url = process.env[openaiServerVariables.url];
	if (provider !== "openai" || !url) return { key, baseUrl: process.env[baseUrlVariable(provider)] };
	return {
		// Ollama and others demand no key and ignore one, which the SDK wants to send.
		key: { ...key, read: async (options) => (await key.read(options)) ?? "none" },
		server: { url, timeoutMs: Number(process.env[openaiServerVariables.timeout]) * 1_000 },
	};
}
