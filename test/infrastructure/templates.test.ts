import { describe, expect, test } from "vitest";
import { outputKeys } from "#deployment/outputs.ts";
import { asksBeforeSignUp } from "#lib/environment-rules.ts";
import { environmentNames } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { alarmClaims } from "./stacks/alarms.ts";
import { apiClaims } from "./stacks/api.ts";
import { databaseClaims, expectConnected, insights } from "./stacks/database.ts";
import { functionClaims } from "./stacks/functions.ts";
import { pipelineClaims } from "./stacks/pipeline.ts";
import { storageClaims } from "./stacks/storage.ts";
import { webClaims } from "./stacks/web.ts";
import {
	assemblyOf,
	ofType,
	only,
	type Part,
	parts,
	pointsAt,
	synthesize,
	type Template,
	templatesOf,
} from "./synthesized.ts";

const synthesized = Object.fromEntries(environmentNames.map((name) => [name, templatesOf(name)])) as Record<
	(typeof environmentNames)[number],
	Record<Part, Template>
>;

describe.each(environmentNames)("the templates of %s", (name) => {
	const environment = readEnvironment(cdk.context.environments, name);
	const templates = synthesized[name];
	const { DB, Compute } = templates;
	const at = (value: unknown) => pointsAt(templates, value);
	const functions = {
		...ofType(DB, "AWS::Lambda::Function"),
		...ofType(Compute, "AWS::Lambda::Function"),
	};
	const claimed = { name, environment, templates, at, functions };
	apiClaims(claimed);
	pipelineClaims(claimed);
	functionClaims(claimed);
	databaseClaims(claimed);
	storageClaims(claimed);
	alarmClaims(claimed);
	webClaims(claimed);

	test("carry no secret", () => {
		const text = JSON.stringify(templates);
		expect(text).not.toContain("{{resolve:");
		expect(text).not.toMatch(/"(MasterUserPassword|SecretString|ClientSecret)"/);
		expect(only(DB, "AWS::RDS::DBInstance").ManageMasterUserPassword).toBe(true);
		const secrets = ofType(DB, "AWS::SecretsManager::Secret");
		expect(Object.keys(secrets).sort()).toEqual(["ApplicationSecret", "MigrationSecret"]);
		for (const { Properties } of Object.values(secrets)) {
			const { SecretStringTemplate, GenerateStringKey } = Properties.GenerateSecretString;
			expect(GenerateStringKey).toBe("password");
			expect(Object.keys(JSON.parse(SecretStringTemplate))).toEqual(["username"]);
		}
	});

	test("write each line of the outputs file once", () => {
		const found = parts.flatMap((part) =>
			Object.entries(templates[part].Outputs ?? {})
				.filter(([, { Export }]) => !Export)
				.map(([key]) => key),
		);
		const notOutput = [
			"AwsEndpointUrl",
			...(environment.network.mode === "private" ? [] : ["BastionInstanceId"]),
			...(environment.mcpSignIn ? [] : ["McpClientId"]),
			...(environment.googleSignIn ? [] : ["GoogleSignInUrl"]),
			...(asksBeforeSignUp(environment) ? [] : ["PreSignUpFunctionName"]),
			...(environment.web ? [] : ["WebUrl", "WebDomainTarget", "WebBucketName", "DistributionId"]),
		];
		expect(found.sort()).toEqual(outputKeys.filter((key) => !notOutput.includes(key)).sort());
	});

	test("refer to each other in one direction", () => {
		for (const [position, part] of parts.entries()) {
			const imports = JSON.stringify(templates[part]).matchAll(/"Fn::ImportValue":"Collections(\w+)-/g);
			for (const [, from] of imports) {
				expect(parts.slice(0, position)).toContain(from);
			}
		}
	});

	test("tag every resource", () => {
		const tags = functions.ApiFunction?.Properties.Tags;
		expect(tags).toEqual([
			{ Key: "Environment", Value: name },
			{ Key: "ManagedBy", Value: "cdk" },
			{ Key: "Project", Value: "collections" },
		]);
	});
});

test("an outputs file keeps every key that clients know", () => {
	expect(outputKeys).toEqual(
		expect.arrayContaining([
			"AnalyzerFunctionName",
			"ApiFunctionName",
			"ApiUrl",
			"AwsEndpointUrl",
			"BastionInstanceId",
			"BucketName",
			"CheckpointTableName",
			"CleanupFunctionName",
			"CognitoEndpoint",
			"DashboardName",
			"DatabaseEndpoint",
			"DatabaseName",
			"DatabaseSecretArn",
			"DeadLetterQueueUrls",
			"EmbedderFunctionName",
			"Environment",
			"EventBusName",
			"ImageProcessorFunctionName",
			"JwksUrl",
			"MigrationFunctionName",
			"Region",
			"TokenIssuer",
			"UserPoolClientId",
			"UserPoolId",
		]),
	);
});

/** As shipped, dev has no web app. */
const devWithWeb = synthesize("dev", ({ dev }) => {
	dev.web = {};
});

test("the templates of local have the resources of dev, under the same logical ids", () => {
	for (const part of parts) {
		const types = ({ Resources }: Template) =>
			Object.fromEntries(Object.entries(Resources).map(([id, { Type }]) => [withoutName(id), Type]));
		expect(types(synthesized.local[part])).toEqual(types(devWithWeb[part]));
	}
});

test("the templates of local differ from dev in values of the table alone", () => {
	const differing = new Set(
		parts.flatMap((part) =>
			differences(
				JSON.parse(withoutName(JSON.stringify(devWithWeb[part].Resources))),
				JSON.parse(withoutName(JSON.stringify(synthesized.local[part].Resources))),
			),
		),
	);
	differing.delete("Architectures"); // the host's may be the same as dev's
	// The CDK shortens names of an origin and of its access control, which begin with the stack's.
	for (const name of ["Name", "Id", "TargetOriginId"]) differing.delete(name);
	expect([...differing].sort()).toEqual([
		"AllowOrigins",
		"AllowedOrigins",
		"DATABASE_TLS",
		"Fn::Join", // the origins, as a variable of the API's two functions
		"LOOPBACK_RECEIVERS",
		"Timeout",
		"VisibilityTimeout",
	]);
});

test("two synths of the same sources are identical", () => {
	expect(synthesize("dev")).toEqual(synthesized.dev);
});

test("a private database has a bastion without inbound rules, a public one has none", () => {
	const { DB } = synthesized.prod;
	const at = (value: unknown) => pointsAt(synthesized.prod, value);
	const bastion = only(DB, "AWS::EC2::Instance");
	expect(bastion).not.toHaveProperty("KeyName");
	expect(bastion.SecurityGroupIds.map(at)).toEqual(["NetworkBastionAccess.GroupId"]);
	const access = ofType(DB, "AWS::EC2::SecurityGroup").NetworkBastionAccess;
	expect(access?.Properties).not.toHaveProperty("SecurityGroupIngress");
	const ingress = Object.values(ofType(DB, "AWS::EC2::SecurityGroupIngress"))
		.map(({ Properties }) => Properties)
		.map((rule) => `${at(rule.SourceSecurityGroupId)} to ${at(rule.GroupId)}:${rule.FromPort}`);
	expect(ingress.sort()).toEqual([
		"NetworkBastionAccess.GroupId to NetworkDatabase.GroupId:5432",
		"NetworkFunctions.GroupId to NetworkDatabase.GroupId:5432",
	]);
	expect(ofType(synthesized.dev.DB, "AWS::EC2::Instance")).toEqual({});
});

test("a NAT instance replaces the gateway where cdk.json says so", () => {
	const { DB } = synthesize("prod", ({ prod }) => {
		prod.network.nat = "instance";
	});
	expect(ofType(DB, "AWS::EC2::NatGateway")).toEqual({});
	const forwarding = Object.values(ofType(DB, "AWS::EC2::Instance")).filter(
		({ Properties }) => Properties.SourceDestCheck === false,
	);
	expect(forwarding).toMatchObject([{ Properties: { InstanceType: "t4g.nano" } }]);
	expectConnected(DB, forwarding[0]);
	expect(Object.keys(ofType(synthesized.prod.DB, "AWS::EC2::NatGateway"))).toHaveLength(1);
});

test.each(["off", "advanced"] as const)("Database Insights is %s where cdk.json says so", (mode) => {
	const { DB } = synthesize("dev", ({ dev }) => {
		dev.database = { insights: mode };
	});
	const instance = only(DB, "AWS::RDS::DBInstance");
	expect(instance).toMatchObject(insights[mode]);
	expect("PerformanceInsightsRetentionPeriod" in instance).toBe(mode !== "off");
});

test("the pool's mails are sent by the SES identity of cdk.json", () => {
	const identityArn = "arn:aws:ses:us-east-1:123456789012:identity/collections.app";
	const { Storage } = synthesize("prod", ({ prod }) => {
		Object.assign(prod, { selfSignUp: true, mail: { from: "hello@collections.app", identityArn } });
	});
	const { AdminCreateUserConfig, EmailConfiguration } = only(Storage, "AWS::Cognito::UserPool");
	expect(AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(false);
	expect(EmailConfiguration).toEqual({
		EmailSendingAccount: "DEVELOPER",
		From: "hello@collections.app",
		SourceArn: identityArn,
	});
});

test.each([
	["off", "OFF", undefined],
	["required", "ON", ["SOFTWARE_TOKEN_MFA"]],
] as const)("a second factor is %s where cdk.json says so", (mfa, configuration, factors) => {
	const { Storage } = synthesize("dev", ({ dev }) => {
		dev.mfa = mfa;
	});
	const pool = only(Storage, "AWS::Cognito::UserPool");
	expect([pool.MfaConfiguration, pool.EnabledMfas]).toEqual([configuration, factors]);
	expect(Storage.Outputs?.SecondFactor?.Value).toBe(mfa);
});

describe("an environment with hosted pages to sign in for agents", () => {
	const hosted = synthesize("prod", ({ prod }) => {
		prod.mcpSignIn = { domainPrefix: "acme-collections", callbackUrls: ["http://localhost:8080/callback"] };
	});
	const at = (value: unknown) => pointsAt(hosted, value);
	const { API, Compute, Storage } = hosted;

	test("has a client without a secret that gets tokens for a code alone, and whose refresh tokens are used once", () => {
		const client = ofType(Storage, "AWS::Cognito::UserPoolClient").PeopleMcpClient?.Properties;
		expect(client).toMatchObject({
			AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: ["code"],
			AllowedOAuthScopes: ["openid", "email"],
			CallbackURLs: ["http://localhost:8080/callback"],
			SupportedIdentityProviders: ["COGNITO"],
			GenerateSecret: false,
			PreventUserExistenceErrors: "ENABLED",
			RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 60 },
		});
		// Cognito refuses that flow beside the rotation.
		expect(client.ExplicitAuthFlows).not.toContain("ALLOW_REFRESH_TOKEN_AUTH");
		expect(at(Storage.Outputs?.McpClientId?.Value)).toBe("PeopleMcpClient");
		const domain = only(Storage, "AWS::Cognito::UserPoolDomain");
		expect(domain).toMatchObject({ Domain: "acme-collections", ManagedLoginVersion: 2 });
		expect(at(domain.UserPoolId)).toBe("People");
		const style = only(Storage, "AWS::Cognito::ManagedLoginBranding");
		expect([at(style.UserPoolId), at(style.ClientId)]).toEqual(["People", "PeopleMcpClient"]);
	});

	test("takes its tokens at /mcp alone: neither the gateway knows them, nor the function that streams", () => {
		const variables = (name: string) =>
			ofType(Compute, "AWS::Lambda::Function")[name]?.Properties.Environment.Variables;
		const theirs = "PeopleClient,PeopleWebClient,PeopleCliClient";
		expect(at(variables("ApiFunction").USER_POOL_CLIENT_IDS)).toBe(`${theirs},PeopleMcpClient`);
		expect(at(variables("StreamFunction").USER_POOL_CLIENT_IDS)).toBe(theirs);
		const { JwtConfiguration } = only(API, "AWS::ApiGatewayV2::Authorizer");
		expect(JwtConfiguration.Audience.map(at).join()).toBe(theirs);
		expect(at(variables("ApiFunction").SIGN_IN_URL)).toMatch(/^https:\/\/.+\.auth\..+\.amazoncognito\.com$/);
		expect(at(only(API, "AWS::Cognito::UserPoolResourceServer").Identifier)).toBe("Http.ApiEndpoint/mcp");
	});

	test("is none as shipped", () => {
		for (const name of environmentNames) {
			expect(ofType(synthesized[name].Storage, "AWS::Cognito::UserPoolDomain"), name).toEqual({});
			expect(ofType(synthesized[name].API, "AWS::Cognito::UserPoolResourceServer"), name).toEqual({});
			const { ApiFunction } = ofType(synthesized[name].Compute, "AWS::Lambda::Function");
			expect(ApiFunction?.Properties.Environment.Variables.SIGN_IN_URL, name).toBe("none");
		}
	});
});

describe("an environment where people sign in with Google", () => {
	const googleSignIn = {
		domainPrefix: "acme-collections",
		clientId: "1234-abcd.apps.googleusercontent.com",
		secretName: "collections/prod/google-sign-in",
	};
	const withGoogle = synthesize("prod", ({ prod }) => {
		Object.assign(prod, { googleSignIn, web: {} });
	});
	const at = (value: unknown) => pointsAt(withGoogle, value);
	const { API, Storage } = withGoogle;
	const clients = ofType(Storage, "AWS::Cognito::UserPoolClient");

	test("knows Google by an id, and by a secret that CloudFormation reads", () => {
		const google = only(Storage, "AWS::Cognito::UserPoolIdentityProvider");
		expect(google).toMatchObject({
			ProviderName: "Google",
			ProviderType: "Google",
			ProviderDetails: {
				client_id: googleSignIn.clientId,
				client_secret: "{{resolve:secretsmanager:collections/prod/google-sign-in:SecretString:::}}",
				authorize_scopes: "openid email",
			},
			AttributeMapping: { email: "email", email_verified: "email_verified" },
		});
		expect(at(google.UserPoolId)).toBe("People");
		for (const part of parts) expect(JSON.stringify(withGoogle[part].Outputs ?? {})).not.toContain("secret");
	});

	test("sends those who come from the web app alone there, and back to it with a code", () => {
		const web = clients.PeopleWebClient;
		expect(web?.Properties).toMatchObject({
			AllowedOAuthFlowsUserPoolClient: true,
			AllowedOAuthFlows: ["code"],
			AllowedOAuthScopes: ["openid", "email", "aws.cognito.signin.user.admin"],
			SupportedIdentityProviders: ["Google"],
			GenerateSecret: false,
			RefreshTokenRotation: { Feature: "ENABLED", RetryGracePeriodSeconds: 60 },
		});
		const asShipped = ofType(synthesized.prod.Storage, "AWS::Cognito::UserPoolClient").PeopleWebClient;
		expect(web?.Properties.ExplicitAuthFlows).toEqual(asShipped?.Properties.ExplicitAuthFlows);
		const url = at(withGoogle.Web.Outputs?.WebUrl?.Value);
		expect(web?.Properties.CallbackURLs.map(at)).toEqual([`${url}/sign-in/google`]);
		expect(web?.Properties.LogoutURLs.map(at)).toEqual([`${url}/sign-in`]);
		// Cognito refuses a client that names a provider before there is one.
		expect(web?.DependsOn?.map((id) => at({ Ref: id }))).toContain("Google");
		for (const [name, { Properties }] of Object.entries(clients)) {
			if (name !== "PeopleWebClient") expect(Properties.AllowedOAuthFlowsUserPoolClient, name).toBe(false);
		}
		const { JwtConfiguration } = only(API, "AWS::ApiGatewayV2::Authorizer");
		expect(JwtConfiguration.Audience.map(at)).toContain("PeopleWebClient");
	});

	test("has hosted pages under one name, shared with those for agents", () => {
		expect(only(Storage, "AWS::Cognito::UserPoolDomain")).toMatchObject({ Domain: "acme-collections" });
		expect(at(only(Storage, "AWS::Cognito::ManagedLoginBranding").ClientId)).toBe("PeopleWebClient");
		expect(at(Storage.Outputs?.GoogleSignInUrl?.Value)).toMatch(/^https:\/\/.+\.auth\..+\.amazoncognito\.com$/);
		const both = synthesize("prod", ({ prod }) => {
			const mcpSignIn = { domainPrefix: "acme-collections", callbackUrls: ["http://localhost:8080/callback"] };
			Object.assign(prod, { googleSignIn, mcpSignIn, web: {} });
		});
		expect(only(both.Storage, "AWS::Cognito::UserPoolDomain").Domain).toBe("acme-collections");
		const styles = Object.values(ofType(both.Storage, "AWS::Cognito::ManagedLoginBranding"));
		expect(styles.map(({ Properties }) => pointsAt(both, Properties.ClientId)).sort()).toEqual([
			"PeopleMcpClient",
			"PeopleWebClient",
		]);
	});

	test("has a function that makes accounts one, and may do that in this pool alone", () => {
		expect(at(only(Storage, "AWS::Cognito::UserPool").LambdaConfig.PreSignUp)).toBe("PreSignUpFunction");
		const { PreSignUpFunction } = ofType(Storage, "AWS::Lambda::Function");
		// Nobody signs up in prod: Google's people need an invitation, too.
		expect(PreSignUpFunction?.Properties.Environment.Variables.SIGN_UP_DOMAINS).toBe("none");
		const policy = ofType(Storage, "AWS::IAM::Policy").PreSignUpPeople?.Properties;
		expect(policy.Roles.map(at)).toEqual(["PreSignUpRole"]);
		const [{ Action, Resource, Effect }, ...others] = policy.PolicyDocument.Statement;
		expect([Effect, Action, at(Resource), others]).toEqual([
			"Allow",
			["AdminCreateUser", "AdminGetUser", "AdminLinkProviderForUser", "AdminSetUserPassword"].map(
				(action) => `cognito-idp:${action}`,
			),
			"People",
			[],
		]);
	});

	test("lets anyone in where anyone may sign up", () => {
		const open = synthesize("dev", ({ dev }) => {
			Object.assign(dev, { googleSignIn, web: {} });
		});
		const { PreSignUpFunction } = ofType(open.Storage, "AWS::Lambda::Function");
		expect(PreSignUpFunction?.Properties.Environment.Variables.SIGN_UP_DOMAINS).toBe("any");
	});

	test("is none as shipped", () => {
		for (const name of environmentNames) {
			expect(ofType(synthesized[name].Storage, "AWS::Cognito::UserPoolIdentityProvider"), name).toEqual({});
			const { PeopleWebClient } = ofType(synthesized[name].Storage, "AWS::Cognito::UserPoolClient");
			expect(PeopleWebClient?.Properties.AllowedOAuthFlowsUserPoolClient, name).toBe(false);
		}
	});
});

describe("an environment where people pay", () => {
	const stripe = { secretName: "collections/prod/stripe", tiers: { price_1: "pro" } };
	const paid = synthesize("prod", ({ prod }) => {
		Object.assign(prod, { stripe });
	});

	test("lets the api alone read the secret by which Stripe signs, whose name is all that the templates have", () => {
		const { ApiFunction } = ofType(paid.Compute, "AWS::Lambda::Function");
		expect(JSON.parse(ApiFunction?.Properties.Environment.Variables.STRIPE)).toEqual(stripe);
		const readers = Object.values(ofType(paid.Compute, "AWS::IAM::Policy")).filter(({ Properties }) =>
			JSON.stringify(Properties.PolicyDocument).includes(":secret:collections/prod/stripe-??????"),
		);
		expect(readers.map(({ Properties }) => pointsAt(paid, Properties.Roles[0]))).toEqual(["ApiRole"]);
	});
});

describe("an environment that lists the domains of those who may sign up", () => {
	const listed = synthesize("prod", ({ prod }) => {
		Object.assign(prod, {
			selfSignUp: true,
			mail: {
				from: "hello@collections.app",
				identityArn: "arn:aws:ses:us-east-1:123456789012:identity/collections.app",
			},
			signUpDomains: ["example.com", "example.org"],
		});
	});
	const at = (value: unknown) => pointsAt(listed, value);

	test("has a function that Cognito asks, of this pool alone", () => {
		const pool = only(listed.Storage, "AWS::Cognito::UserPool");
		expect(at(pool.LambdaConfig.PreSignUp)).toBe("PreSignUpFunction");
		const permission = only(listed.Storage, "AWS::Lambda::Permission");
		expect(permission).toMatchObject({ Action: "lambda:InvokeFunction", Principal: "cognito-idp.amazonaws.com" });
		expect([at(permission.FunctionName), at(permission.SourceArn)]).toEqual(["PreSignUpFunction", "People"]);
		expect(listed.Storage.Outputs?.PreSignUpFunctionName).toBeDefined();
		for (const name of environmentNames) {
			expect(only(synthesized[name].Storage, "AWS::Cognito::UserPool").LambdaConfig, name).toBeUndefined();
			expect(ofType(synthesized[name].Storage, "AWS::Lambda::Function"), name).toEqual({});
		}
	});

	test("gives the function the list, a log of bounded time, and nothing else", () => {
		const { PreSignUpFunction, ...others } = ofType(listed.Storage, "AWS::Lambda::Function");
		expect(others).toEqual({});
		expect(PreSignUpFunction?.Properties).toMatchObject({
			Environment: { Variables: { ENVIRONMENT: "prod", SIGN_UP_DOMAINS: "example.com,example.org" } },
			Timeout: 5,
			MemorySize: 512,
			ReservedConcurrentExecutions: 2,
		});
		expect(PreSignUpFunction?.Properties).not.toHaveProperty("VpcConfig");
		const { PolicyDocument } = only(listed.Storage, "AWS::IAM::Policy");
		expect(PolicyDocument.Statement).toMatchObject([{ Action: ["logs:CreateLogStream", "logs:PutLogEvents"] }]);
		expect(only(listed.Storage, "AWS::Logs::LogGroup").RetentionInDays).toBe(30);
	});
});

test.each(["gateway", "instance"])(
	"bastion and NAT %s have the image of cdk.json, and no deployment looks for a newer one",
	(nat) => {
		const amiId = "ami-0123456789abcdef0";
		const { DB } = synthesize("prod", ({ prod }) => {
			Object.assign(prod.network, { nat, amiId });
		});
		const images = Object.values(ofType(DB, "AWS::EC2::Instance")).map(({ Properties }) => Properties.ImageId);
		expect(images).toEqual(nat === "instance" ? [amiId, amiId] : [amiId]);
		expect(JSON.stringify(DB)).not.toContain("AWS::EC2::Image::Id");
		// As shipped no environment names one, and a deployment is refused.
		expect(only(synthesized.prod.DB, "AWS::EC2::Instance").ImageId).toBe("ami-00000000000000000");
	},
);

/** Removes the environment's name and its hash, which logical ids of exported values contain. */
function withoutName(text: string): string {
	return (
		text
			.replaceAll(/(?<=\b|DB|Compute|API|Web)(dev|local)(?=\b|[A-Z])/g, "NAME")
			// A deployment's id has a hash of its API, too.
			.replaceAll(/(?<=[A-Za-z]\d?)(?:[0-9A-F]{8})+(?:[0-9a-f]{32})?/g, "HASH")
	);
}

/** Returns the names of the properties in which two templates differ. */
function differences(a: unknown, b: unknown, property = ""): string[] {
	if (typeof a !== "object" || typeof b !== "object" || !a || !b) {
		return a === b ? [] : [property];
	}
	const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
	return [...keys].flatMap((key) =>
		differences(
			(a as Record<string, unknown>)[key],
			(b as Record<string, unknown>)[key],
			/^\d+$/.test(key) ? property : key,
		),
	);
}

test.each(environmentNames)("CloudFormation deletes no stack of %s while deletion protection is on", (name) => {
	const { deletionProtection, web } = readEnvironment(cdk.context.environments, name);
	const stacks = assemblyOf(name).stacks;
	expect(stacks).toHaveLength(web ? parts.length : parts.length - 1);
	for (const { stackName, terminationProtection } of stacks) {
		expect(terminationProtection ?? false, stackName).toBe(deletionProtection);
	}
});
