import { ModelFailure } from "#core/errors.ts";
import { once } from "#core/once.ts";
import type { Chat } from "#core/ports/index.ts";
import type { BedrockSettings } from "./bedrock/chat.ts";
import type { ProviderSettings } from "./provider.ts";

export interface ChatSettings {
	/** Whom requests are for that name no provider: one of `chatProviders`. */
	provider: string;
	anthropic?: ProviderSettings;
	openai?: ProviderSettings;
	bedrock?: BedrockSettings;
}

/** Providers that a request may name. */
export const chatProviders = [
	"offline",
	"anthropic",
	"openai",
	"bedrock",
] as const;
type ChatProvider = (typeof chatProviders)[number];

/** The environment's chat models. Each is loaded by the first request for it, which keeps cold starts short. */
export function chatFor({
	provider: defaultProvider,
	...settings
}: ChatSettings): Chat {
	const { anthropic, openai, bedrock } = settings;
	const loaders: Record<ChatProvider, (() => Promise<Chat>) | undefined> = {
		offline: async () => (await import("./offline/chat.ts")).offlineChat(),
		anthropic:
			anthropic &&
			(async () =>
				(await import("./anthropic/chat.ts")).anthropicChat(anthropic)),
		openai:
			openai &&
			(async () => (await import("./openai/chat.ts")).openaiChat(openai)),
		bedrock:
			bedrock &&
			(async () => (await import("./bedrock/chat.ts")).bedrockChat(bedrock)),
	};
	const models = new Map(
		Object.entries(loaders).flatMap(([name, load]) =>
			load ? [[name, once(load)] as const] : [],
		),
	);
	if (!models.has(defaultProvider)) {
		throw new Error(
			`There is no chat provider "${defaultProvider}": set chatProvider in cdk.json to one of ${chatProviders.join(", ")}.`,
		);
	}
	return {
		async answer(request) {
			const { provider, model } = whomToAsk(request.model, defaultProvider);
			const chat = models.get(provider);
			if (!chat) {
				throw new ModelFailure(
					"provider_not_configured",
					`The chat provider "${provider}" is off here: name one of ${[...models.keys()].join(", ")}.`,
				);
			}
			return (await chat()).answer({ ...request, model });
		},
	};
}

/** `model`, `provider/model` or `provider`; models have slashes in their names, too. */
function whomToAsk(named: string | undefined, usual: string) {
	if (!named) return { provider: usual, model: undefined };
	const [first = "", ...rest] = named.split("/");
	if (!(chatProviders as readonly string[]).includes(first)) {
		return { provider: usual, model: named };
	}
	return { provider: first, model: rest.join("/") || undefined };
}
