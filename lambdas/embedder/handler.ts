import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { connect } from "./connect.ts";
import { embedStage } from "./embed-stage.ts";

const { ports, queue } = await connect(readEnv(stageContract("embed")));

export const handler = embedStage(observeModels(ports), queue);
