import type { Embedder } from "#core/ports.ts";

/** The embedding model a provider's name stands for. Each is loaded only when named, which keeps cold starts short. */
export async function embedderFor(provider: string): Promise<Embedder> {
	switch (provider) {
		case "offline":
			return (await import("./offline/embedder.ts")).offlineEmbedder();
		default:
			throw new Error(
				`There is no embedding provider "${provider}": set embeddingProvider in cdk.json to "offline".`,
			);
	}
}
