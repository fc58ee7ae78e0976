import { readEnv } from "#lambda-kit/env.ts";
import { httpHandler } from "#lambda-kit/http-handler.ts";
import { apiEnv } from "./env.ts";
import { startApi } from "./start-api.ts";

const api = await startApi(readEnv(apiEnv));

// The first request builds the router and warms the code: 20 ms that belong to the sandbox's start.
await api.fetch(new Request("https://start/version"), { requestId: "start" });

export const handler = httpHandler(api.fetch);
