import { expect, test } from "vitest";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { asksBeforeSignUp } from "#lib/environment-rules.ts";
import project from "../../../package.json" with { type: "json" };
import { type Claimed, commit, contracts, ofType } from "../synthesized.ts";

/** Claims about each function's variables and size. */
export function functionClaims({ name, environment, templates, at, functions }: Claimed): void {
	test("give each function the variables of its contract and no other", () => {
		const found = Object.entries(functions).map(([fn, { Properties }]) => [
			fn,
			Object.keys(Properties.Environment.Variables).sort(),
		]);
		const wanted = Object.entries(contracts).map(([fn, contract]) => [fn, [...contract].sort()]);
		expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
	});

	test("leave AWS's own variables to AWS", () => {
		for (const { Properties } of Object.values(functions)) {
			for (const variable of Object.keys(Properties.Environment.Variables)) {
				expect(variable).not.toMatch(/^(AWS_|_|LAMBDA_)/);
			}
		}
	});

	test("give each function the names of its own resources", () => {
		const { models, chatModels } = environment;
		const key = (provider: string) => `/collections/${name}/${provider}-api-key`;
		const values: Record<string, string> = {
			ENVIRONMENT: name,
			VERSION: project.version,
			GIT_SHA: commit,
			LIMITS: JSON.stringify(environment.limits),
			QUERY_CACHE_MINUTES: String(environment.queryCacheMinutes),
			VERIFICATION_CACHE_MINUTES: String(environment.verificationCacheMinutes),
			DATABASE_HOST: "Database.Endpoint.Address",
			DATABASE_PORT: "Database.Endpoint.Port",
			DATABASE_NAME: "collections",
			DATABASE_TLS: environment.database.tls,
			LOOPBACK_RECEIVERS: environment.loopbackReceivers ? "allowed" : "refused",
			DATABASE_SECRET_ARN: "ApplicationSecret",
			APPLICATION_SECRET_ARN: "ApplicationSecret",
			MIGRATION_SECRET_ARN: "MigrationSecret",
			MASTER_SECRET_ARN: "Database.MasterUserSecret.SecretArn",
			BUCKET_NAME: "Images",
			EVENT_BUS_NAME: "Events",
			CHECKPOINT_TABLE_NAME: "Checkpoints",
			USER_POOL_ID: "People",
			TAVILY_KEY_PARAMETER: key("tavily"),
			LANGSMITH_KEY_PARAMETER: key("langsmith"),
			TRACE_INPUTS: "hidden",
			TRACE_OUTPUTS: "hidden",
			SIGN_IN_URL: "none",
			STRIPE: "none",
			TOKEN_ISSUER: "People.ProviderURL",
			JWKS_URL: "People.ProviderURL/.well-known/jwks.json",
			USER_POOL_CLIENT_IDS: "PeopleClient,PeopleWebClient,PeopleCliClient",
			...allocator,
			VISION_PROVIDER: environment.visionProvider,
			EMBEDDING_PROVIDER: environment.embeddingProvider,
			ANTHROPIC_MODEL: models.anthropic,
			OPENAI_MODEL: models.openai,
			BEDROCK_MODEL: models.bedrock,
			OPENAI_EMBEDDING_MODEL: environment.embeddingModels.openai,
			BEDROCK_EMBEDDING_MODEL: environment.embeddingModels.bedrock,
			VOYAGE_MODEL: models.voyage,
			CHAT_PROVIDER: environment.chatProvider,
			ANTHROPIC_CHAT_MODEL: chatModels.anthropic,
			OPENAI_CHAT_MODEL: chatModels.openai,
			BEDROCK_CHAT_MODEL: chatModels.bedrock,
			ANTHROPIC_KEY_PARAMETER: key("anthropic"),
			OPENAI_KEY_PARAMETER: key("openai"),
			VOYAGE_KEY_PARAMETER: key("voyage"),
		};
		for (const [fn, { Properties }] of Object.entries(functions)) {
			// The origins are a claim about the API.
			const { QUEUE_URL, QUEUE_CONCURRENCY, CORS_ORIGINS, ...variables } = Properties.Environment.Variables;
			if (QUEUE_URL) {
				const queue = fn.replace("WorkerFunction", "Queue");
				expect(at(QUEUE_URL)).toBe(queue);
				const mapping = ofType(templates.Compute, "AWS::Lambda::EventSourceMapping")[
					queue.replace(/Queue$/, "Mapping")
				];
				expect(QUEUE_CONCURRENCY).toBe(String(mapping?.Properties.ScalingConfig.MaximumConcurrency));
			}
			// A message that is put off goes round; elsewhere Lambda ends what goes round.
			expect(Properties.RecursiveLoop, fn).toBe(QUEUE_URL ? "Allow" : undefined);
			for (const [variable, value] of Object.entries(variables)) {
				expect(at(value), `${fn} ${variable}`).toBe(values[variable]);
			}
		}
	});

	test("size each function as cdk.json says", () => {
		const sizes = Object.entries(functions).map(([fn, { Properties }]) => [
			fn.replace(/(Worker)?Function$/, "").toLowerCase(),
			[Properties.MemorySize, Properties.Timeout, Properties.Runtime, Properties.Handler],
		]);
		const wanted = Object.entries(environment.functions)
			.filter(([fn]) => fn !== "preSignUp" || asksBeforeSignUp(environment))
			.map(([fn, { memory, timeout }]) => [fn.toLowerCase(), [memory, timeout, "nodejs24.x", "handler.handler"]]);
		expect(Object.fromEntries(sizes)).toEqual(Object.fromEntries(wanted));
	});

	test("reserve concurrency only where the account's quota has room for it", () => {
		const reserved = Object.entries(functions)
			.filter(([, { Properties }]) => Properties.ReservedConcurrentExecutions)
			.map(([fn]) => fn)
			.sort();
		expect(reserved).toEqual(
			environment.lambdaConcurrencyQuota < 110
				? []
				: ["ApiFunction", "CleanupFunction", "MigrateFunction", "StreamFunction"],
		);
	});
}
