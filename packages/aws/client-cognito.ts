// A dynamic import of the package would bundle all of its commands; importing this module bundles only these.
export {
	AdminDeleteUserCommand,
	AdminGetUserCommand,
	AdminUserGlobalSignOutCommand,
	CognitoIdentityProviderClient,
} from "@aws-sdk/client-cognito-identity-provider";
