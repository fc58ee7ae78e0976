import { embedderFor } from "#ai/embedder.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import { readEnv, runtimeEnv, stageContract } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";
import { sharedBreaker } from "#lambda-kit/shared-breaker.ts";
import { embedStage } from "./embed-stage.ts";

const env = readEnv(stageContract("embed"));
const { ports, queue } = connectStage(env, {
	embedder: await embedderFor({
		...providerSettings("embedding", env, sharedBreaker(env.CHECKPOINT_TABLE_NAME)),
		onnx: runtimeEnv.onnx,
	}),
});

export const handler = embedStage(observeModels(ports), queue);
