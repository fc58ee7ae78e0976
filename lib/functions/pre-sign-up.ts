import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { preSignUpEnv } from "#lambdas/pre-sign-up/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import type { Environment } from "../environments.ts";

/** Decides who may sign up, and makes a Google account and the account of its address one. It takes no network. */
export function preSignUpFunction(
	scope: Construct,
	environment: Environment,
	{ bundle, userPoolArn }: { bundle: string; userPoolArn: string },
): NodeFunction {
	const { selfSignUp, signUpDomains, googleSignIn } = environment;
	const preSignUp = new NodeFunction(scope, "PreSignUp", "preSignUp", {
		environment,
		bundle,
		contract: preSignUpEnv,
		variables: {
			ENVIRONMENT: environment.name,
			SIGN_UP_DOMAINS: selfSignUp ? signUpDomains.join() || "any" : "none",
		},
	});
	if (googleSignIn) {
		// Beside the role, for which the function waits: the pool waits for the function, and this for the pool.
		new Policy(scope, "PreSignUpPeople", {
			roles: [preSignUp.role],
			statements: [
				new PolicyStatement({
					actions: [
						"cognito-idp:AdminGetUser", // finds the account of the address
						"cognito-idp:AdminCreateUser", // makes one where there is none
						"cognito-idp:AdminSetUserPassword", // gives it a password that nobody knows
						"cognito-idp:AdminLinkProviderForUser", // lets the Google account sign in to it
					],
					resources: [userPoolArn],
				}),
			],
		});
	}
	return preSignUp;
}
