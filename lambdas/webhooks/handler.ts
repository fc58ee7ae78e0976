import { readEnv } from "#lambda-kit/env.ts";
import { connect } from "./connect.ts";
import { deliveryHandler } from "./delivery-handler.ts";
import { webhooksEnv } from "./env.ts";

const { ports, queue } = connect(readEnv(webhooksEnv));

export const handler = deliveryHandler(ports, queue);
