import { embedderFor } from "#ai/embedder.ts";
import { keyParameter, keyVariable, providers } from "#ai/providers.ts";
import type { Embedder } from "#core/ports/index.ts";
import { providerSecrets } from "#scripts/local/local.ts";

/** Loads the embedding model of environment `local`: Voyage's where `.env` has its key, else offline. */
export async function environmentEmbedder(): Promise<Embedder> {
	const { parameters, machine } = await providerSecrets();
	const key = parameters[keyParameter("local", "voyage")];
	if (!key) return embedderFor({ provider: "offline" });
	return embedderFor({
		provider: "voyage",
		voyage: {
			key: { setting: `${keyVariable("voyage")} in .env`, read: async () => key },
			model: providers.voyage.capabilities.embedding,
			baseUrl: machine.providerUrls.voyage,
		},
	});
}
