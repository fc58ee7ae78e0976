import type { AwsService } from "../service.ts";
import { cognitoApi } from "./api.ts";
import { userPool, userPoolClient, userPoolGroup } from "./resource.ts";

export const cognito: AwsService = {
	name: "cognito",
	resources: {
		"AWS::Cognito::UserPool": userPool,
		"AWS::Cognito::UserPoolClient": userPoolClient,
		"AWS::Cognito::UserPoolGroup": userPoolGroup,
	},
	api: ({ userPools }) => cognitoApi(userPools),
};
