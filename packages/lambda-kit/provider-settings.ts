import type { Settings } from "#ai/adapters.ts";
import type { ProviderSettings } from "#ai/provider.ts";
import {
	baseUrlVariable,
	isKeyed,
	type KeyedProvider,
	type ModelCapability,
	type ProviderName,
	providersWith,
} from "#ai/providers.ts";
import { apiKeyParameter } from "./api-key.ts";
import { keyParameterVariable, modelVariable, type ProviderVariable, providerVariable } from "./provider-env.ts";

type Variables = Readonly<Record<string, string>>;

/** Reads a function's variables about the providers with a capability. */
export function providerSettings<C extends ModelCapability>(
	capability: C,
	env: Readonly<Record<ProviderVariable<C>, string>>,
): Settings<C> {
	const variables: Variables = env;
	const provider = variables[providerVariable(capability)] ?? "";
	const settings: Partial<Record<ProviderName, object>> = {};
	for (const name of providersWith(capability) as ProviderName[]) {
		const model = variables[modelVariable(capability, name)];
		if (isKeyed(name)) {
			settings[name] = { ...accessTo(name, variables), model };
		} else if (name === provider) {
			// A function's role is let in only where the environment names that provider.
			settings[name] = { model };
		}
	}
	return { provider, ...settings } as Settings<C>;
}

/** Returns a provider's key and, in environment `local`, the address of its stand-in. */
export function accessTo(provider: KeyedProvider, env: Variables): Pick<ProviderSettings, "key" | "baseUrl"> {
	return {
		key: apiKeyParameter(env[keyParameterVariable(provider)] ?? ""),
		baseUrl: process.env[baseUrlVariable(provider)],
	};
}
