import { embedderFor } from "#ai/embedder.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import { runtimeEnv, type StageEnv } from "#lambda-kit/env.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";

export const connect = async (env: StageEnv<"embed">) =>
	connectStage(env, {
		embedder: await embedderFor({ ...providerSettings("embedding", env), onnx: runtimeEnv.onnx }),
	});
