import type { Embedder } from "#core/ports/index.ts";
import { type Adapter, lazyAdapters, type Settings } from "./adapters.ts";
import type { OnnxSettings } from "./onnx/embedder.ts";
import { embeddingProviders } from "./providers.ts";

/** `provider` may be `onnx` in environment `local`. */
interface EmbedderSettings extends Omit<Settings<"embedding">, "fallbacks" | "onTakeover"> {
	/** The model on this machine that `onnx` runs. */
	onnx?: OnnxSettings | undefined;
}

/** Loads the environment's embedding model, and no other, which keeps cold starts short. */
export async function embedderFor({ provider, onnx, ...settings }: EmbedderSettings): Promise<Embedder> {
	const models = lazyAdapters(
		"embedding",
		async () => (await import("./offline/embedder.ts")).offlineEmbedder(),
		(provider): Promise<Adapter<Embedder>> => import(`./${provider}/embedder.ts`),
		settings,
	);
	if (onnx) models.set("onnx", async () => (await import("./onnx/embedder.ts")).onnxEmbedder(onnx));
	const load = models.get(provider);
	if (load) return load();
	throw new Error(
		`There is no embedding provider "${provider}": set embeddingProvider in cdk.json to one of ${embeddingProviders.join(", ")}.`,
	);
}
