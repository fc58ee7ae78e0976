import { z } from "zod";
import {
	chatProviders,
	embeddingProviders,
	keyedProviders,
	type ModelCapability,
	modelTable,
	openaiServerModels,
	type ProviderName,
	type ProviderWith,
	providers,
	providersWith,
	visionProviders,
} from "#ai/providers.ts";
import { maxRequestSeconds } from "#core/api-timeout.ts";
import type { RouteClass } from "#core/limits/limits.ts";
import { type CountedUse, countedUses, type Period, type PerPeriod } from "#core/limits/quotas.ts";
import { type QuotaChanges, type Tier, tierGroups } from "#core/limits/tiers.ts";
import { queueFunctions } from "#core/pipeline/stages.ts";
import cdk from "../cdk.json" with { type: "json" };
import { isTimezone } from "./hours.ts";

interface Size {
	/** MB; the share of a processor grows with it. */
	memory: number;
	/** Seconds. */
	timeout: number;
	/**
	 * The maximum number of concurrent sandboxes: a queue's maximum concurrency (AWS requires at least 2) for the stages, a
	 * reservation for the others, made only if the account's quota has room for it.
	 */
	concurrency: number;
}

function functionSize(defaults: Size, { maxTimeout = 900, minConcurrency = 1 } = {}) {
	return z
		.strictObject({
			memory: z.int().min(128).max(10_240).default(defaults.memory),
			timeout: z.int().min(1).max(maxTimeout).default(defaults.timeout),
			concurrency: z.int().min(minConcurrency).max(1_000).default(defaults.concurrency),
		})
		.prefault({});
}

/** Returns a function's key in `cdk.json`: `imageProcessor` of `ImageProcessor`. */
export function functionKey<Id extends string>(id: Id): Uncapitalize<Id> {
	return (id.charAt(0).toLowerCase() + id.slice(1)) as Uncapitalize<Id>;
}

const queueFunctionSizes = Object.fromEntries(
	queueFunctions.map((declared) => [functionKey(declared.id), functionSize(declared, { minConcurrency: 2 })]),
) as Record<Uncapitalize<(typeof queueFunctions)[number]["id"]>, ReturnType<typeof functionSize>>;

const requests = (perMinute: number) => z.int().min(1).max(100_000).default(perMinute);

const uses = z.int().min(1).max(10_000_000);

const quotaOf = ({ day, month }: PerPeriod) =>
	z.strictObject({ day: uses.default(day), month: uses.default(month) } satisfies Record<Period, unknown>).prefault({});

/** Returns a field for a tier's changes to the quotas. A use that a row names replaces the default's. */
function tierQuotas(changes: QuotaChanges) {
	const changed = z.strictObject({ day: uses, month: uses } satisfies Record<Period, unknown>).partial();
	const fields = countedUses.map((use) => [use, changed.default(changes[use] ?? {})] as const);
	return z.strictObject(Object.fromEntries(fields) as Record<CountedUse, z.ZodDefault<typeof changed>>).prefault({});
}

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time such as 07:30");

const network = z.discriminatedUnion("mode", [
	z.strictObject({
		mode: z.literal("public"),
		acknowledgePublicDatabase: z.literal(true, {
			error:
				"must be true: functions outside a VPC have no fixed addresses, so this mode opens port 5432 of the database to the internet, guarded by verified TLS and generated passwords. Acknowledge that, or choose mode private",
		}),
	}),
	z.strictObject({
		mode: z.literal("private"),
		/** One NAT for all zones: a managed gateway, or a t4g.nano instance at a tenth of its price. */
		nat: z.enum(["gateway", "instance"]),
		/**
		 * The image of the bastion and of a NAT instance: Amazon Linux 2023 for arm64, in the environment's region. Null: the
		 * templates fit any region. A deployment needs it; preflight names the newest.
		 */
		amiId: z
			.string()
			.regex(/^ami-[0-9a-f]{17}$/, "must be an image such as ami-0123456789abcdef0")
			.nullable()
			.default(null),
	}),
]);

/** Returns a field for each provider with the capability: its model, by default that of the table of providers. */
function modelFields<C extends ModelCapability>(capability: C) {
	return Object.fromEntries(
		providersWith(capability).map((name) => [name, z.string().min(1).default(defaultModels(name)[capability])]),
	) as Record<ProviderWith<C>, z.ZodDefault<z.ZodString>>;
}

const defaultModels = (name: ProviderName) => providers[name].capabilities as Record<ModelCapability, string>;

const embeddingModelFields = Object.fromEntries(
	Object.entries(modelFields("embedding")).filter(
		([name]) => modelTable("embedding", name as ProviderName) === "embeddingModels",
	),
) as Record<Extract<ProviderWith<"embedding">, ProviderWith<"vision">>, z.ZodDefault<z.ZodString>>;

/** Returns a field for a task's models in their order. A function gets them in one variable, separated by commas. */
function modelList(known: readonly string[]) {
	const entry = z
		.string()
		.regex(
			new RegExp(`^(offline|(${known.filter((name) => name !== "offline").join("|")})(/[^,\\s]+)?)$`),
			`must be one of ${known.join(", ")}, of the providers with or without a model, as in ${known[1]}/a-model`,
		);
	return z
		.array(entry)
		.max(5)
		.refine((entries) => new Set(entries).size === entries.length, "must name each model once")
		.default([]);
}

const loopbackUrl = z.url().regex(/^http:\/\/(127\.0\.0\.1|localhost):\d+(\/|$)/, "must be an address of this machine");

/** The name of a user pool's hosted pages, unique in the region. */
const domainPrefix = z
	.string()
	.regex(
		/^(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
		"must be a part of a domain in lower case, without aws, amazon and cognito, such as acme-collections",
	);

/** Returns a field for the name of a secret that somebody stores by hand. */
const secretName = (example: string) =>
	z.string().regex(/^[\w/+=.@-]{1,512}$/, `must be the name of a secret in Secrets Manager such as ${example}`);

/** Returns a field for an ARN of a service that CloudFront reads in us-east-1 alone. */
const inUsEast1 = (service: string, resource: string) =>
	z
		.string()
		.regex(
			new RegExp(`^arn:aws:${service}:us-east-1:\\d{12}:${resource}\\S+$`),
			`must be an ARN of us-east-1 such as arn:aws:${service}:us-east-1:123456789012:${resource}...`,
		);

/** Every setting of an environment with its default; a row of `cdk.json` says what differs. */
export const environmentSchema = z.strictObject({
	/** Null: the templates fit any account. A deployment needs it. */
	account: z
		.string()
		.regex(/^\d{12}$/, "must be the 12 digits of an AWS account")
		.nullable()
		.default(null),
	region: z
		.string()
		.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region")
		.default("us-east-1"),
	/** Named, since looking them up at synth would need credentials. RDS needs two. */
	availabilityZones: z.array(z.string()).min(2).max(3).default(["us-east-1a", "us-east-1b"]),
	/** The processor of functions and native packages. `host`: that of the machine that synthesizes. */
	architecture: z.enum(["arm64", "x86_64", "host"]).default("arm64"),
	network,
	database: z
		.strictObject({
			instanceClass: z
				.string()
				.regex(/^db\.\w+\.\w+$/)
				.default("db.t4g.micro"),
			storageGb: z.int().min(20).max(16_384).default(20),
			backupDays: z.int().min(1).max(35).default(1),
			multiAz: z.boolean().default(false),
			tls: z.enum(["verify-full", "off"]).default("verify-full"),
			/**
			 * CloudWatch Database Insights: the load by statement and wait. `standard` keeps it for 7 days and is free, `advanced`
			 * for 15 months, with locks and plans, for 9 dollars a processor and month.
			 */
			insights: z.enum(["off", "standard", "advanced"]).default("standard"),
			/** The database runs from one time to another, and is stopped otherwise. @default null: it always runs */
			hours: z
				.strictObject({
					from: timeOfDay,
					to: timeOfDay,
					days: z.enum(["weekdays", "every day"]).default("weekdays"),
					/** As in the tz database: `Europe/Berlin`. */
					timezone: z.string().refine(isTimezone, "must be a time zone such as Europe/Berlin").default("UTC"),
				})
				.nullable()
				.default(null),
		})
		.prefault({}),
	deletionProtection: z.boolean().default(false),
	logRetentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]).default(7),
	/** Concurrent executions the account may have; a new account has 10. */
	lambdaConcurrencyQuota: z.int().min(1).default(10),
	functions: z
		.strictObject({
			api: functionSize(
				{ memory: 2048, timeout: maxRequestSeconds, concurrency: 10 },
				{ maxTimeout: maxRequestSeconds },
			),
			/** Streams answers: a sandbox for each until its end. */
			stream: functionSize(
				{ memory: 2048, timeout: maxRequestSeconds, concurrency: 10 },
				{ maxTimeout: maxRequestSeconds },
			),
			...queueFunctionSizes,
			cleanup: functionSize({ memory: 256, timeout: 60, concurrency: 1 }),
			migrate: functionSize({ memory: 512, timeout: 300, concurrency: 1 }),
			/** Exists where Cognito has something to ask it (`asksBeforeSignUp`). Cognito waits 5 s at most. */
			preSignUp: functionSize({ memory: 512, timeout: 5, concurrency: 2 }, { maxTimeout: 5 }),
		})
		.prefault({}),
	/** The limits of each user, so that nobody takes the service from the others. */
	limits: z
		.strictObject({
			/** The requests a minute of each class of routes, all of which may come at once. */
			requestsPerMinute: z
				.strictObject({
					read: requests(300),
					write: requests(100),
					upload: requests(600),
					search: requests(120),
					expensive: requests(30),
					/** A page of an album asks for each of its pictures. */
					share: requests(3_000),
				} satisfies Record<RouteClass, unknown>)
				.prefault({}),
			/** Each keeps a sandbox of the api busy for seconds. */
			parallelExpensive: z.int().min(1).max(100).default(4),
			/** Announced uploads whose images have not arrived. */
			pendingUploads: z.int().min(1).max(100_000).default(1_000),
			/** The maximum of each use in a day and in a month of UTC. */
			quotas: z
				.strictObject({
					/** Messages to chats, each of which calls models up to six times. */
					messages: quotaOf({ day: 5_000, month: 50_000 }),
					verifications: quotaOf({ day: 5_000, month: 50_000 }),
					/** Of new items: a folder of 100,000 pictures is uploaded on one day. */
					uploads: quotaOf({ day: 100_000, month: 1_000_000 }),
				} satisfies Record<CountedUse, unknown>)
				.prefault({}),
			/** The changes to the quotas for the people of each tier. */
			tiers: z
				.strictObject({
					free: tierQuotas({}),
					pro: tierQuotas({
						messages: { day: 10_000, month: 100_000 },
						verifications: { day: 10_000, month: 100_000 },
						uploads: { day: 200_000, month: 2_000_000 },
					}),
					team: tierQuotas({
						messages: { day: 20_000, month: 200_000 },
						verifications: { day: 20_000, month: 200_000 },
						uploads: { day: 400_000, month: 4_000_000 },
					}),
				} satisfies Record<Tier, unknown>)
				.prefault({}),
		})
		.prefault({}),
	/** The same verification of the same collection gets its outcome again for so many minutes; 0 for never. */
	verificationCacheMinutes: z.int().min(0).max(1_440).default(60),
	/** The same query gets its vector again for so many minutes, where a provider embeds; 0 for never. */
	queryCacheMinutes: z.int().min(0).max(1_440).default(60),
	/** A person may create an account without an invitation. */
	selfSignUp: z.boolean().default(true),
	/** The domains of the addresses that may sign up; empty, any may. Administrators invite anyone. */
	signUpDomains: z
		.array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "must be a domain in lower case such as example.com"))
		.default([]),
	/** A code of an authenticator app after the password: of nobody, of those who turn it on, or of everybody. */
	mfa: z.enum(["off", "optional", "required"]).default("optional"),
	/** Hosted pages where people sign in for agents that connect to `/mcp`. Null: they connect with a token. */
	mcpSignIn: z
		.strictObject({
			domainPrefix,
			/** The addresses to which agents' clients bring a person back, each exactly as the client sends it. */
			callbackUrls: z
				.array(
					z
						.string()
						.regex(
							/^(https:\/\/[^\s#*]+|http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/[^\s#*]*)$/,
							"must be an address of https, or of http on the person's own machine, without a fragment",
						),
				)
				.min(1),
		})
		.nullable()
		.default(null),
	/** People may sign in to the web app with their Google account. Null: with a password alone. */
	googleSignIn: z
		.strictObject({
			domainPrefix,
			/** The id of the OAuth client at Google. */
			clientId: z
				.string()
				.regex(
					/^[\w-]+\.apps\.googleusercontent\.com$/,
					"must be the id of a client at Google such as 1234-abcd.apps.googleusercontent.com",
				),
			/** The secret in Secrets Manager that keeps the client's secret, as plain text. */
			secretName: secretName("collections/prod/google-sign-in"),
		})
		.nullable()
		.default(null),
	/** Stripe tells by `POST /webhooks/stripe` what people pay for. Null: nobody pays, and there is no such route. */
	stripe: z
		.strictObject({
			/** The secret in Secrets Manager that keeps the endpoint's signing secret, as plain text. */
			secretName: secretName("collections/prod/stripe"),
			/** The tier that each price or product gives, by its id at Stripe. */
			tiers: z
				.record(
					z.string().regex(/^(price|prod|plan)_\w{1,100}$/, "must be the id of a price or product at Stripe"),
					z.enum(tierGroups),
				)
				.refine((tiers) => Object.keys(tiers).length > 0, "must name a price or product")
				// A function's variables have 4 KB in all.
				.refine((tiers) => Object.keys(tiers).length <= 20, "must name at most 20 prices and products"),
		})
		.nullable()
		.default(null),
	/** Sends the pool's mails by SES. Null: Cognito's own mailer, which sends about 50 a day for the whole account. */
	mail: z
		.strictObject({
			from: z.email(),
			/** A verified identity of SES: the address, or its domain. */
			identityArn: z
				.string()
				.regex(
					/^arn:aws[a-z-]*:ses:[a-z0-9-]+:\d{12}:identity\/\S+$/,
					"must be the ARN of an SES identity such as arn:aws:ses:us-east-1:123456789012:identity/example.com",
				),
		})
		.nullable()
		.default(null),
	/** Web pages that may call the API and post uploads to the bucket. */
	corsOrigins: z
		.array(
			z
				.url({ error: "must be an origin such as https://example.com" })
				.regex(/^https?:\/\/[^/*]+$/, "must be an origin without path or wildcard"),
		)
		.default(["http://localhost:3000"]),
	/** The web app, in a stack of its own. @default null: the environment has none */
	web: z
		.strictObject({
			/** The app's address. @default null: a name that CloudFront gives */
			domain: z
				.strictObject({
					name: z
						.string()
						.regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "must be a domain in lower case such as app.example.com"),
					certificateArn: inUsEast1("acm", "certificate/"),
				})
				.nullable()
				.default(null),
			/** A firewall of AWS WAF for CloudFront. */
			webAclArn: inUsEast1("wafv2", "global/webacl/").nullable().default(null),
			tls: z.enum(["on", "off"]).default("on"),
		})
		.nullable()
		.default(null),
	/** `auto`: the first whose API key is in `.env` at synth, else offline; only for environment `local`. */
	visionProvider: z.enum([...visionProviders, "auto", "replay"]).default("offline"),
	embeddingProvider: z.enum([...embeddingProviders, "auto", "onnx"]).default("offline"),
	chatProvider: z.enum([...chatProviders, "auto"]).default("offline"),
	/**
	 * The models that describe and answer, in order, each a provider or `provider/model`: where one does not serve, the next
	 * takes over. Embeddings have none: vectors of different models are not compared.
	 * @default the task's provider alone
	 */
	modelLists: z.strictObject({ vision: modelList(visionProviders), chat: modelList(chatProviders) }).prefault({}),
	/** The models that describe and embed, where a request names none. */
	models: z.strictObject({ ...modelFields("embedding"), ...modelFields("vision") }).prefault({}),
	/** The models that embed, of providers that also describe. */
	embeddingModels: z.strictObject(embeddingModelFields).prefault({}),
	/** The models that answer questions, where a request names none. */
	chatModels: z.strictObject(modelFields("chat")).prefault({}),
	bedrock: z
		.strictObject({
			/** Functions may subscribe the account to their models at AWS Marketplace. @default false: a person does that once */
			subscribe: z.boolean().default(false),
		})
		.prefault({}),
	/** The parts of a conversation that LangSmith receives where its key is set. Hidden, it receives steps and durations. */
	traces: z
		.strictObject({
			inputs: z.enum(["hidden", "sent"]).default("hidden"),
			outputs: z.enum(["hidden", "sent"]).default("hidden"),
		})
		.prefault({}),
	/** A server that speaks OpenAI's protocol, as Ollama, LM Studio and vLLM do: it takes the place of provider `openai`. */
	openaiServer: z
		.strictObject({
			url: z.url({ protocol: /^https?$/ }),
			models: z
				.strictObject({
					vision: z.string().min(1).default(openaiServerModels.vision),
					chat: z.string().min(1).default(openaiServerModels.chat),
					embedding: z.string().min(1).default(openaiServerModels.embedding),
				})
				.prefault({}),
			/** A request is given up after this long. The api answers within 26 s whatever is set here. */
			timeoutSeconds: z.number().positive().max(280).default(120),
		})
		.nullable()
		.default(null),
	/** Addresses of stand-ins on this machine. @default the providers themselves */
	providerUrls: z.partialRecord(z.enum(keyedProviders), loopbackUrl).default({}),
	/** Webhooks are delivered to this machine, too, and without TLS: for environment local alone. */
	loopbackReceivers: z.boolean().default(false),
	/** The dataset on this machine from which the vision provider `replay` answers. */
	replayFolder: z.string().regex(/^\//, "must be an absolute path").nullable().default(null),
	/** The sentence-embedding model on this machine that the embedding provider `onnx` runs. */
	onnxFolder: z.string().regex(/^\//, "must be an absolute path").nullable().default(null),
	/** Receives alarms and budget notices; AWS asks the address once for its consent. No default: a person must answer. */
	alarmEmail: z.email(),
	monthlyBudgetUsd: z.number().positive().default(25),
	/** The tag Environment is active for cost allocation in the account. Until then the budget counts the whole account. */
	costAllocationTagActive: z.boolean().default(false),
	/** Adds the alarms that warn before something breaks. Each costs 10 cents a month. */
	earlyWarnings: z.boolean().default(false),
});

export type EnvironmentName = keyof typeof cdk.context.environments;
export const environmentNames = Object.keys(cdk.context.environments) as EnvironmentName[];

/** An environment's settings before `auto` is replaced by a provider. */
export type NamedSettings = z.infer<typeof environmentSchema> & { name: EnvironmentName };

/** The settings of one environment: its row in `cdk.json` and the defaults. */
export type Environment = Readonly<
	z.infer<typeof environmentSchema> & {
		name: EnvironmentName;
		visionProvider: (typeof visionProviders)[number] | "replay";
		embeddingProvider: (typeof embeddingProviders)[number] | "onnx";
		chatProvider: (typeof chatProviders)[number];
	}
>;

export type FunctionName = keyof Environment["functions"];

/** Returns the name of the environment's instance of Postgres. */
export const databaseIdentifier = ({ name }: Pick<Environment, "name">) => `collections-${name}`;

/** Returns the log group to which RDS writes the log of the environment's Postgres. */
export const postgresLogGroup = (environment: Pick<Environment, "name">) =>
	`/aws/rds/instance/${databaseIdentifier(environment)}/postgresql`;
