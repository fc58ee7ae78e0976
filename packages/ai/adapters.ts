import { once } from "#core/once.ts";
import type { SettingsOf } from "./provider.ts";
import { type ModelCapability, type ProviderWith, providersWith } from "./providers.ts";
import type { Takeover } from "./takeover.ts";

/** An environment's settings of the providers with a capability; one without settings is off. */
export type Settings<C extends ModelCapability> = {
	/** Serves requests that name no provider. */
	provider: string;
	/** Take over, in order, where it does not serve: `provider` or `provider/model`. @default none */
	fallbacks?: readonly string[];
	/** Is told of each model that did not serve. @default nothing */
	onTakeover?: (takeover: Takeover) => void;
} & { [P in ProviderWith<C>]?: SettingsOf<P> | undefined };

/** The file of a provider's folder that serves a capability. */
export interface Adapter<Port> {
	connect(settings: object): Port;
}

/** Returns offline and the adapters that have settings, each loaded by its first request, which keeps cold starts short. */
export function lazyAdapters<C extends ModelCapability, Port>(
	capability: C,
	offline: () => Promise<Port>,
	load: (provider: ProviderWith<C>) => Promise<Adapter<Port>>,
	settings: Omit<Settings<C>, "provider" | "fallbacks" | "onTakeover">,
): Map<string, () => Promise<Port>> {
	const loaders = new Map([["offline", once(offline)]]);
	for (const provider of providersWith(capability)) {
		const own = (settings as Record<string, object | undefined>)[provider];
		if (!own) continue;
		loaders.set(
			provider,
			once(async () => (await load(provider)).connect(own)),
		);
	}
	return loaders;
}
