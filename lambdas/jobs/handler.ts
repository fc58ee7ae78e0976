import type { Limits } from "#core/limits/limits.ts";
import { readEnv } from "#lambda-kit/env.ts";
import { connect } from "./connect.ts";
import { jobsEnv } from "./env.ts";
import { sliceHandler } from "./slice-handler.ts";

const env = readEnv(jobsEnv);
const { ports, queue } = connect(env);

export const handler = sliceHandler(ports, queue, JSON.parse(env.LIMITS) as Limits);
