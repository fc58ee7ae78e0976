import type { AwsService } from "../service.ts";
import { logsApi } from "./api.ts";
import { logGroup } from "./resource.ts";

export const logs: AwsService = {
	name: "logs",
	resources: { "AWS::Logs::LogGroup": logGroup },
	api: ({ state, functions }) => logsApi(state, functions),
};
