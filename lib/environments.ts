import { z } from "zod";
import {
	chatProviders,
	embeddingProviders,
	keyedProviders,
	type ModelCapability,
	type ProviderName,
	type ProviderWith,
	providers,
	providersWith,
	visionProviders,
} from "#ai/providers.ts";
import { type StageName, stageNames, stages } from "#core/pipeline/stages.ts";

const seconds = (most: number) => z.int().min(1).max(most);

const functionSize = z.strictObject({
	/** MB; the share of a processor grows with it. */
	memory: z.int().min(128).max(10_240),
	/** Seconds. */
	timeout: seconds(900),
	/**
	 * Most sandboxes at once: a queue's maximum concurrency (which AWS wants to be at least 2) for the
	 * stages, a reservation for the others, made only where the account's quota has room for it.
	 */
	concurrency: z.int().min(1).max(1_000),
});

const stageSize = functionSize.extend({
	concurrency: z.int().min(2).max(1_000),
});

/** Returns a function's key in `cdk.json`: `imageProcessor` of `ImageProcessor`. */
export function functionKey<Id extends string>(id: Id): Uncapitalize<Id> {
	return (id.charAt(0).toLowerCase() + id.slice(1)) as Uncapitalize<Id>;
}

type StageKey = Uncapitalize<(typeof stages)[StageName]["id"]>;
const stageSizes = Object.fromEntries(
	stageNames.map((name) => [functionKey(stages[name].id), stageSize]),
) as Record<StageKey, typeof stageSize>;

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
		/** One for all zones: a managed gateway, or a t4g.nano instance at a tenth of its price. */
		nat: z.enum(["gateway", "instance"]),
	}),
]);

/** One field a provider with the capability: its model, by default that of the table of providers. */
function modelFields<C extends ModelCapability>(capability: C) {
	return Object.fromEntries(
		providersWith(capability).map((name) => [
			name,
			z.string().min(1).default(defaultModels(name)[capability]),
		]),
	) as Record<ProviderWith<C>, z.ZodDefault<z.ZodString>>;
}

const defaultModels = (name: ProviderName) =>
	providers[name].capabilities as Record<ModelCapability, string>;

const loopbackUrl = z
	.url()
	.regex(
		/^http:\/\/(127\.0\.0\.1|localhost):\d+(\/|$)/,
		"must be an address of this machine",
	);

const environment = z.strictObject({
	/** Unset: templates for any account; deploying demands it. */
	account: z
		.string()
		.regex(/^\d{12}$/, "must be the 12 digits of an AWS account")
		.nullable(),
	region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region"),
	/** Named here, since looking them up at synth would need credentials. RDS wants two. */
	availabilityZones: z.array(z.string()).min(2).max(3),
	/** Of functions and native packages. `host`: of the machine that synthesizes. */
	architecture: z.enum(["arm64", "x86_64", "host"]),
	network,
	database: z.strictObject({
		instanceClass: z.string().regex(/^db\.\w+\.\w+$/),
		storageGb: z.int().min(20).max(16_384),
		backupDays: z.int().min(1).max(35),
		multiAz: z.boolean(),
		tls: z.enum(["verify-full", "off"]),
	}),
	deletionProtection: z.boolean(),
	logRetentionDays: z.literal([
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
	]),
	/** Concurrent executions the account may have; a new account has 10. */
	lambdaConcurrencyQuota: z.int().min(1),
	functions: z.strictObject({
		/** The gateway gives up after 30 s. */
		api: functionSize.extend({ timeout: seconds(30) }),
		...stageSizes,
		cleanup: functionSize,
		migrate: functionSize,
	}),
	/** Whether a person may create an account without being invited. */
	selfSignUp: z.boolean(),
	/** Web pages that may call the API and post uploads to the bucket. */
	corsOrigins: z.array(
		z
			.url({ error: "must be an origin such as https://example.com" })
			.regex(
				/^https?:\/\/[^/*]+$/,
				"must be an origin without path or wildcard",
			),
	),
	/** `auto`: the first whose API key is at hand at synth, else offline; for the machine of a developer. */
	visionProvider: z.enum([...visionProviders, "auto", "replay"]),
	embeddingProvider: z.enum([...embeddingProviders, "auto"]),
	chatProvider: z.enum([...chatProviders, "auto"]),
	/** The model of each provider where a request names none. */
	models: z
		.strictObject({ ...modelFields("vision"), ...modelFields("embedding") })
		.prefault({}),
	/** The model of each provider that answers questions, where a request names none. */
	chatModels: z.strictObject(modelFields("chat")).prefault({}),
	/** What of a conversation LangSmith is shown, where its key is set: without these, the steps and their durations. */
	traces: z
		.strictObject({
			inputs: z.enum(["hidden", "sent"]).default("hidden"),
			outputs: z.enum(["hidden", "sent"]).default("hidden"),
		})
		.prefault({}),
	/** Stand-ins of the providers on this machine. @default the providers themselves */
	providerUrls: z
		.partialRecord(z.enum(keyedProviders), loopbackUrl)
		.default({}),
	/** The dataset on this machine whose analyses the vision provider `replay` answers. */
	replayFolder: z
		.string()
		.regex(/^\//, "must be an absolute path")
		.nullable()
		.default(null),
	/** Who is told by alarms and budget; AWS asks that address for its consent once. */
	alarmEmail: z.email(),
	monthlyBudgetUsd: z.number().positive(),
	/** Whether the tag Environment is active for cost allocation in the account: until then the budget is the account's. */
	costAllocationTagActive: z.boolean(),
	/** Alarms that tell before something breaks; the others tell when it did. Each costs 10 cents a month. */
	earlyWarnings: z.boolean(),
});

export const environmentNames = ["dev", "test", "prod", "local"] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** Everything in which one environment differs from another: `cdk.json` holds the values. */
export type Environment = Readonly<
	z.infer<typeof environment> & {
		name: EnvironmentName;
		visionProvider: (typeof visionProviders)[number] | "replay";
		embeddingProvider: (typeof embeddingProviders)[number];
		chatProvider: (typeof chatProviders)[number];
	}
>;

/** What the machine that synthesizes adds to environment `local`. */
export interface LocalMachine {
	/** Whose API key is at hand. */
	keys?: readonly string[];
	/** Addresses of stand-ins by provider. */
	providerUrls?: Record<string, string>;
	/** A dataset: `replay` describes images by it. */
	replayFolder?: string | null;
	/** Instead of the table's, and of what the keys would choose. */
	visionProvider?: string;
}
export type FunctionName = keyof Environment["functions"];
export type FunctionSize = z.infer<typeof functionSize>;

/**
 * Checks one environment of the table in `cdk.json`.
 * @throws naming each wrong field by its path in `cdk.json`
 */
export function readEnvironment(
	table: unknown,
	name: unknown,
	{
		keys = [],
		providerUrls = {},
		replayFolder = null,
		visionProvider: chosen,
	}: LocalMachine = {},
): Environment {
	const known = z.enum(environmentNames).safeParse(name);
	if (!known.success) {
		throw new Error(
			`There is no environment ${JSON.stringify(name) ?? "without a name"}: choose one of ${environmentNames.join(", ")} (make ENV=..., cdk -c env=...).`,
		);
	}
	const values = (table as Record<string, object> | undefined)?.[known.data];
	const parsed = environment.safeParse(
		known.data === "local"
			? {
					...values,
					providerUrls,
					...(chosen && { visionProvider: chosen }),
					...(replayFolder && { replayFolder, visionProvider: "replay" }),
				}
			: values,
	);
	const problems = parsed.success
		? rulesBroken({ ...parsed.data, name: known.data })
		: parsed.error.issues.map(
				({ path, message }) => [path.join("."), message] as const,
			);
	if (problems.length > 0 || !parsed.success) {
		throw new Error(
			problems
				.map(
					([field, message]) =>
						`cdk.json: environments.${known.data}${field && `.${field}`}: ${message}.`,
				)
				.join("\n"),
		);
	}
	const firstWithKey = <C extends ModelCapability>(capability: C) =>
		providersWith(capability).find((name) => keys.includes(name)) ?? "offline";
	const { visionProvider, embeddingProvider, chatProvider } = parsed.data;
	return {
		...parsed.data,
		name: known.data,
		visionProvider:
			visionProvider === "auto" ? firstWithKey("vision") : visionProvider,
		embeddingProvider:
			embeddingProvider === "auto"
				? firstWithKey("embedding")
				: embeddingProvider,
		chatProvider: chatProvider === "auto" ? firstWithKey("chat") : chatProvider,
	};
}

/** The rules that span fields. */
function rulesBroken(
	of: z.infer<typeof environment> & { name: EnvironmentName },
): [field: string, message: string][] {
	const broken: [string, string][] = [];
	for (const field of [
		"visionProvider",
		"embeddingProvider",
		"chatProvider",
	] as const) {
		if (of[field] === "auto" && of.name !== "local") {
			broken.push([
				field,
				"must name a provider: auto looks for keys on the machine that synthesizes, which is not where this environment runs",
			]);
		}
	}
	if (of.visionProvider === "replay" && of.name !== "local") {
		broken.push([
			"visionProvider",
			"must be one that looks at images: replay answers from a dataset on this machine, for make eval in environment local",
		]);
	} else if (of.visionProvider === "replay" && !of.replayFolder) {
		broken.push([
			"visionProvider",
			"must be another: replay needs the folder of a dataset, which make eval gives it",
		]);
	}
	if (of.replayFolder && of.name !== "local") {
		broken.push([
			"replayFolder",
			"must be left out: only environment local replays a dataset of this machine",
		]);
	}
	if (Object.keys(of.providerUrls).length > 0 && of.name !== "local") {
		broken.push([
			"providerUrls",
			"must be left out: only environment local has stand-ins of the providers",
		]);
	}
	if (of.database.tls === "off" && of.name !== "local") {
		broken.push([
			"database.tls",
			"must be verify-full: only the local stand-in for Postgres has no TLS",
		]);
	}
	if (of.network.mode === "public" && of.name === "prod") {
		broken.push([
			"network.mode",
			"must be private: prod keeps its database off the internet",
		]);
	}
	const needed = sandboxes(of) * connectionsPerSandbox;
	const allowed = connectionsAllowed(of.database.instanceClass);
	if (allowed === undefined) {
		broken.push([
			"database.instanceClass",
			`must be one of ${Object.keys(memoryGb).join(", ")}, or be added with its memory to lib/environments.ts`,
		]);
	} else if (needed > allowed) {
		broken.push([
			"functions",
			`may open ${needed} database connections (${sandboxes(of)} sandboxes x ${connectionsPerSandbox}), but ${of.database.instanceClass} has room for ${allowed}: lower a concurrency or choose a larger instance`,
		]);
	}
	const reserved = reservedFunctions.reduce(
		(sum, name) => sum + of.functions[name].concurrency,
		0,
	);
	if (reserves(of) && reserved > of.lambdaConcurrencyQuota - unreservable) {
		broken.push([
			"functions",
			`reserve ${reserved} concurrent executions, but of the quota of ${of.lambdaConcurrencyQuota} AWS keeps ${unreservable} unreserved`,
		]);
	}
	return broken;
}

/** What each sandbox's pool holds at most. */
export const connectionsPerSandbox = 2;

/** AWS keeps this much of an account's quota out of reservations. */
const unreservable = 100;

/** Functions that no queue bounds. */
const reservedFunctions = ["api", "cleanup", "migrate"] as const;

/** Below this quota a reservation would fail the deployment; the quota itself is the bound then. */
export function reserves(
	of: Pick<Environment, "lambdaConcurrencyQuota">,
): boolean {
	return of.lambdaConcurrencyQuota >= unreservable + 10;
}

/** How many sandboxes may run at once, all functions together. */
function sandboxes(
	of: Pick<Environment, "functions" | "lambdaConcurrencyQuota">,
): number {
	const bounds = Object.entries(of.functions).map(([name, { concurrency }]) =>
		!reserves(of) && (reservedFunctions as readonly string[]).includes(name)
			? of.lambdaConcurrencyQuota
			: concurrency,
	);
	return Math.min(
		of.lambdaConcurrencyQuota,
		bounds.reduce((sum, bound) => sum + bound, 0),
	);
}

const memoryGb: Record<string, number> = {
	"db.t4g.micro": 1,
	"db.t4g.small": 2,
	"db.t4g.medium": 4,
	"db.t4g.large": 8,
	"db.m7g.large": 8,
	"db.m7g.xlarge": 16,
	"db.r7g.large": 16,
};

/**
 * RDS allows a connection for each 9,531,392 bytes that the instance class leaves to Postgres, about three
 * quarters of its memory: 85 per GB. Ten stay free for migrations by hand, monitoring and the superuser.
 */
export function connectionsAllowed(instanceClass: string): number | undefined {
	const memory = memoryGb[instanceClass];
	return memory && memory * 85 - 10;
}
