import path from "node:path";
import { embedderFor } from "#ai/embedder.ts";
import { keyParameter, keyVariable, providers } from "#ai/providers.ts";
import type { Embedder } from "#core/ports/index.ts";
import { providerSecrets } from "../../local/local-environment.ts";

/** Where `make onnx-runtime` installed the packages. */
const onnxRuntime = path.join(import.meta.dirname, "../../../packages/ai/onnx/runtime");

/** Loads the embedding model of environment `local`: the one in `ONNX_FOLDER`, Voyage's where `.env` has its key, else offline. */
export async function environmentEmbedder(): Promise<Embedder> {
	const { parameters, machine } = await providerSecrets();
	if (machine.onnxFolder) {
		return embedderFor({ provider: "onnx", onnx: { folder: machine.onnxFolder, runtime: onnxRuntime } });
	}
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
