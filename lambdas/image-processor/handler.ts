import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { connect } from "./connect.ts";
import { processStage } from "./process-stage.ts";

const env = readEnv(stageContract("process"));
const { ports, queue } = connect(env);

export const handler = processStage(ports, env.BUCKET_NAME, queue);
