import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { analyzeStage } from "./analyze-stage.ts";
import { connect } from "./connect.ts";

const { ports, queue } = await connect(readEnv(stageContract("analyze")));

export const handler = analyzeStage(observeModels(ports), queue);
