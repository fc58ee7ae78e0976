import { ModelFailure } from "#core/errors.ts";
import type { Chat } from "#core/ports/index.ts";
import { type Adapter, lazyAdapters, type Settings } from "./adapters.ts";
import { chatProviders } from "./providers.ts";
import { refusalOf } from "./refusal.ts";

/** Returns the environment's chat models. `provider` answers requests that name none. */
export function chatFor({ provider: defaultProvider, ...settings }: Settings<"chat">): Chat {
	const models = lazyAdapters(
		"chat",
		async () => (await import("./offline/chat.ts")).offlineChat(),
		(provider): Promise<Adapter<Chat>> => import(`./${provider}/chat.ts`),
		settings,
	);
	if (!models.has(defaultProvider)) {
		throw new Error(
			`There is no chat provider "${defaultProvider}": set chatProvider in cdk.json to one of ${chatProviders.join(", ")}.`,
		);
	}
	return {
		async answer(request) {
			const { provider, model } = parseModel(request.model, defaultProvider);
			try {
				const chat = models.get(provider);
				if (!chat) throw new ModelFailure("provider_not_configured", `The chat provider "${provider}" is off here.`);
				return await (await chat()).answer({ ...request, model });
			} catch (error) {
				throw await refusalOf(error, { provider, model, isDefault: provider === defaultProvider }, settings);
			}
		},
	};
}

/** Splits `model`, `provider/model` or `provider`. Models have slashes in their names, too. */
function parseModel(name: string | undefined, defaultProvider: string) {
	if (!name) return { provider: defaultProvider, model: undefined };
	const [first = "", ...rest] = name.split("/");
	if (!(chatProviders as readonly string[]).includes(first)) {
		return { provider: defaultProvider, model: name };
	}
	return { provider: first, model: rest.join("/") || undefined };
}
