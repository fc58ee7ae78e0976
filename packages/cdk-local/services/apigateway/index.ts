import type { AwsService } from "../service.ts";
import { apiResource, deployment, method, restApi, stage } from "./resource.ts";

export const apiGateway: AwsService = {
	name: "apigateway",
	resources: {
		"AWS::ApiGateway::RestApi": restApi,
		"AWS::ApiGateway::Resource": apiResource,
		"AWS::ApiGateway::Method": method,
		"AWS::ApiGateway::Deployment": deployment,
		"AWS::ApiGateway::Stage": stage,
	},
};
