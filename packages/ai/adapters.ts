import { once } from "#core/once.ts";
import type { SettingsOf } from "./provider.ts";
import type { ModelCapability, ProviderWith } from "./providers.ts";

/** An environment's settings of the providers with a capability; one without settings is off. */
export type Settings<C extends ModelCapability> = {
	/** Serves requests that name no provider. */
	provider: string;
} & { [P in ProviderWith<C>]?: SettingsOf<P> | undefined };

/** The adapter of each provider with a capability: a row of the table without its adapter does not compile. */
export type Adapters<C extends ModelCapability, Port> = {
	[P in ProviderWith<C>]: (settings: SettingsOf<P>) => Promise<Port>;
};

/** Returns offline and the adapters that have settings, each loaded by its first request, which keeps cold starts short. */
export function lazyAdapters<C extends ModelCapability, Port>(
	offline: () => Promise<Port>,
	adapters: Adapters<C, Port>,
	settings: Omit<Settings<C>, "provider">,
): Map<string, () => Promise<Port>> {
	const loaders = new Map([["offline", once(offline)]]);
	for (const [name, load] of Object.entries<(settings: never) => Promise<Port>>(adapters)) {
		const own = (settings as Record<string, unknown>)[name];
		if (own)
			loaders.set(
				name,
				once(() => load(own as never)),
			);
	}
	return loaders;
}
