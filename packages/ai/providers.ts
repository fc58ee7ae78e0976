/** A service of providers to the application. Those of `ModelCapability` need a model. */
export type Capability = ModelCapability | "webSearch" | "tracing";
export type ModelCapability = "vision" | "embedding" | "chat";

/** US dollars per million tokens. */
export interface Price {
	input: number;
	output: number;
	/** Above this many input tokens another price holds, which the table does not have. */
	maxInputTokens?: number;
}

interface ProviderFacts {
	/** The name as people write it, and the dimension of the provider's metrics. */
	label: string;
	/** A function's credential: an API key in Parameter Store, or its own AWS role. */
	access: "apiKey" | "role";
	/** Unset where the SDK derives the address from the region. */
	baseUrl?: string;
	/** The default model of each capability: neither the request nor cdk.json names another. Null: it has no models. */
	capabilities: Partial<Record<Capability, string | null>>;
	/** List prices by model. A model without one costs an unknown amount, never a guessed one. */
	prices: Record<string, Price>;
}

/** The day on which the prices below were last compared with the providers' lists. Checking them is the owner's task. */
export const pricesAsOf = "2026-11-20";

/**
 * Declares each provider once: stacks, alarms, cost estimate, secrets, functions and adapters read this table.
 * It is data without imports, so that templates and scripts read it without an SDK. Where cdk.json says `auto`, the
 * first row with a key and the capability is used. `offline`, which needs no provider, has no row.
 */
export const providers = {
	anthropic: {
		label: "Anthropic",
		access: "apiKey",
		baseUrl: "https://api.anthropic.com",
		capabilities: { vision: "claude-haiku-5-5", chat: "claude-sonnet-5-5" },
		// platform.claude.com/docs/en/models
		prices: {
			"claude-haiku-5-5": { input: 0.1, output: 0.5, maxInputTokens: 100_000 },
			"claude-sonnet-5-5": { input: 2, output: 10 },
			"claude-opus-5-5": { input: 4, output: 20 },
		},
	},
	openai: {
		label: "OpenAI",
		access: "apiKey",
		baseUrl: "https://api.openai.com/v1",
		capabilities: { vision: "gpt-5.4-mini", chat: "gpt-5.4-mini", embedding: "text-embedding-3-small" },
		// platform.openai.com/docs/pricing
		prices: {
			"gpt-5.4-mini": { input: 0.75, output: 4.5 },
			"gpt-5.4-nano": { input: 0.2, output: 1.25 },
			"text-embedding-3-small": { input: 0.02, output: 0 },
		},
	},
	bedrock: {
		label: "Bedrock",
		access: "role",
		// A model's id, or an inference profile's.
		capabilities: {
			vision: "us.anthropic.claude-haiku-5-5",
			chat: "us.anthropic.claude-sonnet-5-5",
			embedding: "amazon.titan-embed-text-v2:0",
		},
		// aws.amazon.com/bedrock/pricing
		prices: { "amazon.titan-embed-text-v2:0": { input: 0.02, output: 0 } },
	},
	voyage: {
		label: "Voyage",
		access: "apiKey",
		baseUrl: "https://api.voyageai.com/v1",
		// Vectors of different models are not compared: another model means embedding every item again.
		capabilities: { embedding: "voyage-3.5-lite" },
		// docs.voyageai.com/docs/pricing
		prices: { "voyage-3.5-lite": { input: 0.02, output: 0 }, "voyage-4-lite": { input: 0.02, output: 0 } },
	},
	tavily: {
		label: "Tavily",
		access: "apiKey",
		baseUrl: "https://api.tavily.com",
		capabilities: { webSearch: null },
		prices: {},
	},
	langsmith: {
		label: "LangSmith",
		access: "apiKey",
		baseUrl: "https://api.smith.langchain.com",
		capabilities: { tracing: null },
		prices: {},
	},
} as const satisfies Record<string, ProviderFacts>;

type Table = typeof providers;
export type ProviderName = keyof Table;
export type ProviderWith<C extends Capability> = {
	[P in ProviderName]: C extends keyof Table[P]["capabilities"] ? P : never;
}[ProviderName];
export type KeyedProvider = { [P in ProviderName]: Table[P]["access"] extends "apiKey" ? P : never }[ProviderName];

const names = Object.keys(providers) as ProviderName[];

/** Providers with an API key, in the table's order. */
export const keyedProviders = names.filter(isKeyed);

export function isKeyed(provider: ProviderName): provider is KeyedProvider {
	return providers[provider].access === "apiKey";
}

/** Returns the providers with a capability, in the table's order. */
export function providersWith<C extends Capability>(capability: C): ProviderWith<C>[] {
	return names.filter((name) => capability in providers[name].capabilities) as ProviderWith<C>[];
}

/** The providers that cdk.json and, except for embeddings, a request may name. A missing key shows at the first call. */
export const visionProviders = ["offline", ...providersWith("vision")] as const;
export const embeddingProviders = ["offline", ...providersWith("embedding")] as const;
export const chatProviders = ["offline", ...providersWith("chat")] as const;

/** A model of a task's list. */
export interface ListedModel {
	provider: string;
	/** @default the provider's own */
	model?: string | undefined;
}

/** Splits `provider/model` or `provider`. Models have slashes in their names, too. */
export function readListedModel(entry: string): ListedModel {
	const [provider = "", ...rest] = entry.split("/");
	return { provider, model: rest.join("/") || undefined };
}

/** Returns the table in cdk.json that has a provider's model: embeddings have their own where it also describes. */
export function modelTable(capability: Capability, provider: ProviderName) {
	if (capability === "chat") return "chatModels";
	return capability === "embedding" && "vision" in providers[provider].capabilities ? "embeddingModels" : "models";
}

/** Returns the setting in cdk.json that replaces a default model. */
export function modelSetting(capability: Capability, provider: ProviderName): string {
	return `${modelTable(capability, provider)}.${provider}`;
}

/** Returns the name in Parameter Store under which an environment's operator stores a provider's API key. */
export function keyParameter(environment: string, provider: KeyedProvider): string {
	return `/collections/${environment}/${provider}-api-key`;
}

/** Returns the variable of `.env` that holds a provider's API key. */
export const keyVariable = (provider: KeyedProvider): string => `${provider.toUpperCase()}_API_KEY`;

/** Returns the variable that puts a stand-in's address in place of the provider's, in environment `local`. */
export const baseUrlVariable = (provider: KeyedProvider): string => `${provider.toUpperCase()}_BASE_URL`;

/** The variables by which a function knows its OpenAI-compatible server. */
export const openaiServerVariables = { url: "OPENAI_SERVER_URL", timeout: "OPENAI_SERVER_TIMEOUT_SECONDS" } as const;

/** Models of an OpenAI-compatible server where none are named: names that Ollama and others know. */
export const openaiServerModels = { vision: "qwen3-vl", chat: "qwen3-vl", embedding: "nomic-embed-text" } as const;
