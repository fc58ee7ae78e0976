import type { AwsService } from "../service.ts";
import { api, authorizer, integration, route, stage } from "./resource.ts";

export const apiGatewayV2: AwsService = {
	name: "apigatewayv2",
	resources: {
		"AWS::ApiGatewayV2::Api": api,
		"AWS::ApiGatewayV2::Authorizer": authorizer,
		"AWS::ApiGatewayV2::Integration": integration,
		"AWS::ApiGatewayV2::Route": route,
		"AWS::ApiGatewayV2::Stage": stage,
	},
};
