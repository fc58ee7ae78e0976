import type { AwsService } from "../service.ts";
import { lambdaApi } from "./api.ts";
import { eventInvokeConfig, eventSourceMapping, lambdaFunction, permission } from "./resource.ts";

export const lambda: AwsService = {
	name: "lambda",
	resources: {
		"AWS::Lambda::EventInvokeConfig": eventInvokeConfig,
		"AWS::Lambda::EventSourceMapping": eventSourceMapping,
		"AWS::Lambda::Function": lambdaFunction,
		"AWS::Lambda::Permission": permission,
	},
	api: ({ functions }) => lambdaApi(functions),
	start({ functions: { eventSources } }) {
		for (const source of eventSources) source.start();
		return async () => {
			await Promise.all(eventSources.map((source) => source.stop()));
		};
	},
};
