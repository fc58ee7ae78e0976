import type { Construct } from "constructs";
import { preSignUpEnv } from "#lambdas/pre-sign-up/env.ts";
import { NodeFunction } from "../constructs/node-function.ts";
import type { Environment } from "../environments.ts";

/** Lets addresses of the listed domains sign up. It takes no grant, and no network. */
export function preSignUpFunction(scope: Construct, environment: Environment, bundle: string): NodeFunction {
	return new NodeFunction(scope, "PreSignUp", "preSignUp", {
		environment,
		bundle,
		contract: preSignUpEnv,
		variables: { ENVIRONMENT: environment.name, SIGN_UP_DOMAINS: environment.signUpDomains.join() },
	});
}
