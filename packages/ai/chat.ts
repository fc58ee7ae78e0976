import { ModelFailure } from "#core/errors.ts";
import type { Chat, ChatRequest } from "#core/ports/index.ts";
import { type Adapter, lazyAdapters, type Settings } from "./adapters.ts";
import { chatProviders, type ListedModel, readListedModel } from "./providers.ts";
import { refusalOf } from "./refusal.ts";
import { firstToServe } from "./takeover.ts";

/** Returns the environment's chat models. `provider` answers requests that name none. */
export function chatFor({
	provider: defaultProvider,
	fallbacks = [],
	onTakeover = () => {},
	...settings
}: Settings<"chat">): Chat {
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
	const answerBy = async ({ provider, model }: ListedModel, request: ChatRequest) => {
		const chat = models.get(provider);
		if (!chat) throw new ModelFailure("provider_not_configured", `The chat provider "${provider}" is off here.`);
		return (await chat()).answer({ ...request, model });
	};
	const list = [defaultProvider, ...fallbacks].map(readListedModel);
	return {
		async answer(request) {
			if (!request.model) {
				return firstToServe(
					list,
					request.deadline,
					(listed, deadline) => answerBy(listed, { ...request, deadline }),
					onTakeover,
				);
			}
			const { provider, model } = parseModel(request.model, defaultProvider);
			try {
				return await answerBy({ provider, model }, request);
			} catch (error) {
				throw await refusalOf(error, { provider, model, isDefault: provider === defaultProvider }, settings);
			}
		},
	};
}

/** Reads `model`, `provider/model` or `provider`. */
function parseModel(name: string, defaultProvider: string): ListedModel {
	const named = readListedModel(name);
	const isProvider = (chatProviders as readonly string[]).includes(named.provider);
	return isProvider ? named : { provider: defaultProvider, model: name };
}
