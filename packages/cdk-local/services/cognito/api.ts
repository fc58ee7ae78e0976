import { jsonApi } from "../../endpoint/json-api.ts";
import { type AwsApi, notImplemented } from "../../endpoint/types.ts";
import { adminOperations } from "./admin.ts";
import { mfaOperations } from "./mfa.ts";
import { signInOperations } from "./sign-in.ts";
import { signUpOperations } from "./sign-up.ts";
import type { UserPools } from "./store.ts";

/** Operations that an app calls without AWS credentials. */
const unsigned = new Set([
	"SignUp",
	"ConfirmSignUp",
	"ResendConfirmationCode",
	"InitiateAuth",
	"RespondToAuthChallenge",
	"GetTokensFromRefreshToken",
	"GetUser",
	"ForgotPassword",
	"ConfirmForgotPassword",
	"RevokeToken",
	"ChangePassword",
	"GlobalSignOut",
	"AssociateSoftwareToken",
	"VerifySoftwareToken",
	"SetUserMFAPreference",
]);

/** Serves Cognito's JSON protocol over the user pools, and the key sets of their tokens. */
export function cognitoApi(pools: UserPools): AwsApi {
	const rpc = jsonApi({
		service: "cognito-idp",
		target: "AWSCognitoIdentityProviderService",
		version: "1.1",
		unsigned,
		permissions: (name, { UserPoolId }: { UserPoolId: string }) => [
			{
				action: `cognito-idp:${name}`,
				resource: pools.arn(UserPoolId),
			},
		],
		operations: {
			...signUpOperations(pools),
			...signInOperations(pools),
			...mfaOperations(pools),
			...adminOperations(pools),
		},
	});
	return {
		service: rpc.service,
		operations: rpc.operations,
		async handle(request) {
			if (request.method === "OPTIONS") return { status: 200 };
			const [, pool, document] = /^\/([^/]+)\/\.well-known\/([^/]+)$/.exec(request.path) ?? [];
			return pool && document ? wellKnown(pools, pool, document) : rpc.handle(request);
		},
		// A web page signs in from any origin, as on AWS.
		finish: (_request, response) => ({
			...response,
			headers: {
				...response.headers,
				"access-control-allow-origin": "*",
				"access-control-allow-headers": "*",
				"access-control-expose-headers": "x-amzn-errortype, x-amzn-requestid",
			},
		}),
	};
}

function wellKnown(pools: UserPools, pool: string, document: string) {
	const issuer = pools.issuer(pool);
	const documents: Record<string, () => object> = {
		"jwks.json": () => pools.jwks(pool),
		"openid-configuration": () => ({
			issuer,
			jwks_uri: `${issuer}/.well-known/jwks.json`,
			id_token_signing_alg_values_supported: ["RS256"],
			subject_types_supported: ["public"],
		}),
	};
	pools.pool(pool);
	const build = Object.hasOwn(documents, document) && documents[document];
	if (!build) throw notImplemented(`The document ${document}`);
	return {
		status: 200,
		headers: { "content-type": "application/json" },
		body: JSON.stringify(build()),
	};
}
