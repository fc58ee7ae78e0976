import type { Embedder } from "#core/ports/index.ts";
import type { ProviderSettings } from "./provider.ts";

export interface EmbedderSettings {
	/** `offline` or `voyage`. */
	provider: string;
	voyage?: ProviderSettings;
}

/** The environment's embedding model. Only the one that is named is loaded, which keeps cold starts short. */
export async function embedderFor({
	provider,
	voyage,
}: EmbedderSettings): Promise<Embedder> {
	switch (provider) {
		case "offline":
			return (await import("./offline/embedder.ts")).offlineEmbedder();
		case "voyage":
			if (!voyage) break;
			return (await import("./voyage/embedder.ts")).voyageEmbedder(voyage);
	}
	throw new Error(
		`There is no embedding provider "${provider}": set embeddingProvider in cdk.json to offline or voyage.`,
	);
}
