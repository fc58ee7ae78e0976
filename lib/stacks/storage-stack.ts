import { Duration, Fn, SecretValue } from "aws-cdk-lib";
import {
	AccountRecovery,
	CfnManagedLoginBranding,
	type CfnUserPool,
	ManagedLoginVersion,
	Mfa,
	OAuthScope,
	ProviderAttribute,
	UserPool,
	type UserPoolClient,
	UserPoolClientIdentityProvider,
	type UserPoolClientOptions,
	type UserPoolDomain,
	UserPoolIdentityProviderGoogle,
	UserPoolOperation,
} from "aws-cdk-lib/aws-cognito";
import { EventBus } from "aws-cdk-lib/aws-events";
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, HttpMethods } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { archiveDays, archivePrefix } from "#core/archive/archive.ts";
import { ownQuotasGroup, tierGroups } from "#core/limits/tiers.ts";
import { adminGroup } from "#core/people/person.ts";
import { acknowledge, EnvironmentStack, outlivesItsStack } from "../constructs/environment-stack.ts";
import { asksBeforeSignUp } from "../environment-rules.ts";
import type { Environment } from "../environments.ts";
import { preSignUpFunction } from "../functions/pre-sign-up.ts";

export interface StorageStackProps {
	environment: Environment;
	/** Web pages that may post forms to the bucket and read images from it. */
	origins: string[];
	/** The address of the web app; null where the environment has none. */
	webUrl: string | null;
	/** The folder of the function that checks who signs up. */
	preSignUpBundle: string;
}

/** State beside the database: the images, the user pool (a user's `sub` is the tenant), and the event bus. */
export class StorageStack extends EnvironmentStack {
	readonly bucket: Bucket;
	readonly bus: EventBus;
	readonly userPool: UserPool;
	/** The clients whose tokens the API accepts. */
	readonly userPoolClients: readonly UserPoolClient[];
	/** The pages where people sign in for their agents, and the client by which they do. */
	readonly agentSignIn: { url: string; client: UserPoolClient } | null;
	/** The `iss` of every token. */
	readonly tokenIssuer: string;
	/** The address of the keys that verify a token. */
	readonly jwksUrl: string;

	constructor(scope: Construct, { environment, origins, webUrl, preSignUpBundle }: StorageStackProps) {
		super(scope, "Storage", environment);
		this.bucket = this.imageBucket(environment, origins);
		// A bus needs a name; CDK would choose a hash.
		this.bus = new EventBus(this, "Events", {
			eventBusName: `collections-${environment.name}`,
		});
		this.userPool = this.newUserPool(environment);
		if (asksBeforeSignUp(environment)) {
			const { function: preSignUp } = preSignUpFunction(this, environment, {
				bundle: preSignUpBundle,
				userPoolArn: this.userPool.userPoolArn,
			});
			this.userPool.addTrigger(UserPoolOperation.PRE_SIGN_UP, preSignUp);
			this.output("PreSignUpFunctionName", preSignUp.functionName);
		}
		// Stays as it is: clients in the field have its id, and renew their tokens by REFRESH_TOKEN_AUTH.
		const client = this.newClient("Client", { authFlows: { userPassword: true, userSrp: true } });
		const { mcpSignIn, googleSignIn } = environment;
		const google = googleSignIn && this.newGoogle(googleSignIn);
		const web = this.newClient("WebClient", {
			authFlows: { userPassword: true, userSrp: true },
			// A refresh token that a page leaks is useless after its next use; the grace period is for repeated requests.
			refreshTokenRotationGracePeriod: Duration.seconds(60),
			...(google && webUrl !== null && comesBackTo(webUrl)),
		});
		if (google) web.node.addDependency(google);
		// A script has nobody who would store the next token for it.
		const cli = this.newClient("CliClient", { authFlows: { userPassword: true } });
		this.userPoolClients = [client, web, cli];
		const hosted = mcpSignIn ?? googleSignIn;
		const pages = hosted && this.newHostedPages(hosted.domainPrefix);
		this.agentSignIn = mcpSignIn && pages && this.newAgentSignIn(mcpSignIn, pages);
		if (google && pages) {
			this.addStyle("WebSignInStyle", web);
			this.output("GoogleSignInUrl", pages.baseUrl());
		}
		this.tokenIssuer = this.userPool.userPoolProviderUrl;
		this.jwksUrl = `${this.tokenIssuer}/.well-known/jwks.json`;

		this.output("BucketName", this.bucket.bucketName);
		this.output("EventBusName", this.bus.eventBusName);
		this.output("UserPoolId", this.userPool.userPoolId);
		this.output("UserPoolClientId", client.userPoolClientId);
		this.output("WebClientId", web.userPoolClientId);
		this.output("CliClientId", cli.userPoolClientId);
		if (this.agentSignIn) this.output("McpClientId", this.agentSignIn.client.userPoolClientId);
		this.output("SecondFactor", environment.mfa);
		this.output("TokenIssuer", this.tokenIssuer);
		this.output("JwksUrl", this.jwksUrl);
		// The issuer is the endpoint followed by the pool's id.
		const parts = Fn.split("/", this.tokenIssuer);
		this.output("CognitoEndpoint", Fn.join("//", [Fn.select(0, parts), Fn.select(2, parts)]));
	}

	private imageBucket(environment: Environment, origins: string[]): Bucket {
		const bucket = new Bucket(this, "Images", {
			versioned: true,
			encryption: BucketEncryption.S3_MANAGED,
			enforceSSL: true,
			blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
			removalPolicy: outlivesItsStack(environment),
			lifecycleRules: [
				{
					// Versions only undo an accident; a deletion by a user removes them at once.
					noncurrentVersionExpiration: Duration.days(30),
					expiredObjectDeleteMarker: true,
					abortIncompleteMultipartUploadAfter: Duration.days(1),
				},
				{
					// An archive is a copy of what its person has, and can be made again.
					prefix: archivePrefix,
					expiration: Duration.days(archiveDays),
					noncurrentVersionExpiration: Duration.days(1),
				},
			],
			// Web pages post forms directly to the bucket, and read images from it: a script that draws or saves one needs CORS.
			cors: [
				{
					allowedMethods: [HttpMethods.GET, HttpMethods.POST],
					allowedOrigins: origins,
					allowedHeaders: ["*"],
					maxAge: 3600,
				},
			],
		});
		// The L2's eventBridgeEnabled would add a custom resource with a function of its own.
		(bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
			eventBridgeConfiguration: { eventBridgeEnabled: true },
		};
		acknowledge(bucket, {
			"AwsSolutions-S1":
				"Objects are reached only by functions, which log what they do, and by URLs they sign; access logs would need a second bucket.",
		});
		return bucket;
	}

	/** Makes the user pool. Sign-in attributes cannot be changed later, and losing the pool loses every tenant. */
	private newUserPool(environment: Environment): UserPool {
		const { selfSignUp, mail, mfa, deletionProtection } = environment;
		const pool = new UserPool(this, "People", {
			signInAliases: { email: true },
			signInCaseSensitive: false,
			selfSignUpEnabled: selfSignUp,
			autoVerify: { email: true },
			standardAttributes: { email: { required: true, mutable: true } },
			passwordPolicy: {
				minLength: 12,
				requireLowercase: true,
				requireUppercase: true,
				requireDigits: true,
				requireSymbols: true,
			},
			mfa: { off: Mfa.OFF, optional: Mfa.OPTIONAL, required: Mfa.REQUIRED }[mfa],
			...(mfa !== "off" && { mfaSecondFactor: { sms: false, otp: true } }),
			accountRecovery: AccountRecovery.EMAIL_ONLY,
			removalPolicy: outlivesItsStack(environment),
			deletionProtection,
		});
		if (mail) {
			// The L2 would name an identity of this account by the sender, and take no other.
			(pool.node.defaultChild as CfnUserPool).emailConfiguration = {
				emailSendingAccount: "DEVELOPER",
				from: mail.from,
				sourceArn: mail.identityArn,
			};
		}
		// Groups outlive the stack with their members, as the pool does. A person in no tier's group has the tier `free`.
		const groups = [
			...tierGroups.map((tier) => ({
				id: `Tier-${tier}`,
				groupName: tier,
				description: `The people of the tier ${tier}`,
			})),
			{ id: "OwnQuotas", groupName: ownQuotasGroup, description: "The people who have quotas of their own" },
			{ id: "Administrators", groupName: adminGroup, description: "The people who administer the others" },
		];
		for (const { id, ...group } of groups) pool.addGroup(id, group).applyRemovalPolicy(outlivesItsStack(environment));
		acknowledge(pool, {
			"AwsSolutions-COG2":
				"A second factor is each person's choice where mfa is not required: clients in the field log in with a password alone.",
			"AwsSolutions-COG3": "Threat protection costs 5 cents a person and month, more than everything else of a person.",
			"AwsSolutions-COG8": "The Plus plan costs 2 cents a person and month for threat protection.",
		});
		return pool;
	}

	/** Makes the pages where people sign in for their agents, and through which they come to Google. */
	private newHostedPages(domainPrefix: string): UserPoolDomain {
		// The older pages do not know the parameter `resource`, which agents' clients send.
		const managedLoginVersion = ManagedLoginVersion.NEWER_MANAGED_LOGIN;
		return this.userPool.addDomain("SignIn", { cognitoDomain: { domainPrefix }, managedLoginVersion });
	}

	/** Gives a client its style, without which it has no hosted pages. */
	private addStyle(id: string, client: UserPoolClient): void {
		new CfnManagedLoginBranding(this, id, {
			userPoolId: this.userPool.userPoolId,
			clientId: client.userPoolClientId,
			useCognitoProvidedValues: true,
		});
	}

	/** Makes Google known to the pool. CloudFormation reads the secret; the template has its name alone. */
	private newGoogle({ clientId, secretName }: NonNullable<Environment["googleSignIn"]>) {
		return new UserPoolIdentityProviderGoogle(this, "Google", {
			userPool: this.userPool,
			clientId,
			clientSecretValue: SecretValue.secretsManager(secretName),
			scopes: ["openid", "email"],
			attributeMapping: {
				email: ProviderAttribute.GOOGLE_EMAIL,
				// Otherwise each sign-in with Google would mark the address as unverified.
				emailVerified: ProviderAttribute.GOOGLE_EMAIL_VERIFIED,
			},
		});
	}

	/** Makes a client that has no secret and gets tokens for a code alone. */
	private newAgentSignIn({ callbackUrls }: NonNullable<Environment["mcpSignIn"]>, pages: UserPoolDomain) {
		const client = this.newClient("McpClient", {
			disableOAuth: false,
			oAuth: {
				flows: { authorizationCodeGrant: true },
				scopes: [OAuthScope.OPENID, OAuthScope.EMAIL],
				callbackUrls,
			},
			supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
			// The pages use none of these flows. Cognito would turn on more of them if there were none here.
			authFlows: { userSrp: true },
			refreshTokenRotationGracePeriod: Duration.seconds(60),
		});
		this.addStyle("SignInStyle", client);
		return { url: pages.baseUrl(), client };
	}

	private newClient(id: string, options: UserPoolClientOptions): UserPoolClient {
		return this.userPool.addClient(id, {
			generateSecret: false,
			disableOAuth: true,
			preventUserExistenceErrors: true,
			enableTokenRevocation: true,
			accessTokenValidity: Duration.hours(1),
			idTokenValidity: Duration.hours(1),
			refreshTokenValidity: Duration.days(30),
			...options,
		});
	}
}

/** Returns what lets a client get tokens for a code that Google's people bring back to the web app. */
function comesBackTo(
	webUrl: string,
): Pick<UserPoolClientOptions, "disableOAuth" | "oAuth" | "supportedIdentityProviders"> {
	return {
		disableOAuth: false,
		oAuth: {
			flows: { authorizationCodeGrant: true },
			// With the last one, people change their own account, as they do after a sign-in with a password.
			scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.COGNITO_ADMIN],
			callbackUrls: [`${webUrl}/sign-in/google`],
			logoutUrls: [`${webUrl}/sign-in`],
		},
		// Passwords go by the pool's API, which does not ask this list.
		supportedIdentityProviders: [UserPoolClientIdentityProvider.GOOGLE],
	};
}
