import { expect, test } from "vitest";
import type { Outputs } from "#deployment/outputs.ts";
import { contentSecurityPolicy, webConfig } from "#scripts/web/web-config.ts";

const outputs = {
	Environment: "dev",
	ApiUrl: "https://api.example.com/",
	UserPoolClientId: "client",
	WebClientId: "web",
	CognitoEndpoint: "https://cognito-idp.us-east-1.amazonaws.com/",
	TokenIssuer: "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool",
} as Outputs;
const bucketOrigin = "https://images.s3.us-east-1.amazonaws.com";
const connections = (config: ReturnType<typeof webConfig>) =>
	/connect-src ([^;]*)/.exec(contentSecurityPolicy(config, bucketOrigin))?.[1]?.split(" ");
const always = [
	"'self'",
	"https://api.example.com",
	"https://cognito-idp.us-east-1.amazonaws.com",
	"https://images.s3.us-east-1.amazonaws.com",
];

test("the app offers Google, and exchanges its codes, only where the environment has hosted pages for it", () => {
	const plain = webConfig(outputs);
	expect(plain).not.toHaveProperty("google");
	expect(connections(plain)).toEqual(always);
	const signInUrl = "https://acme.auth.us-east-1.amazoncognito.com";
	const withGoogle = webConfig({ ...outputs, GoogleSignInUrl: signInUrl });
	expect(withGoogle.google).toEqual({ signInUrl, issuer: outputs.TokenIssuer });
	expect(connections(withGoogle)?.sort()).toEqual([...always, signInUrl].sort());
});
