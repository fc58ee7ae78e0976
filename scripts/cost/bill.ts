import { costUsd } from "#ai/prices.ts";
import type { Environment } from "#lib/environments.ts";
import prices from "./aws-prices.json" with { type: "json" };
import {
	idle,
	monthsStored,
	type Profile,
	perUpload,
	perUser,
} from "./usage.ts";

/** One line of a month's bill, in US dollars. */
export interface Line {
	what: string;
	quantity: string;
	/** At list price. */
	list: number;
	/** Of it, what AWS gives every account for good; environments of one account share it. */
	alwaysFree: number;
}

interface Resource {
	Type: string;
	// biome-ignore lint/suspicious/noExplicitAny: properties have many shapes; a line reads the few it is about
	Properties?: any;
}
export type Templates = { Resources: Record<string, Resource> }[];

/** Resource types with a line of their own below. */
const priced = [
	"AWS::ApiGatewayV2::Api",
	"AWS::CloudWatch::Alarm",
	"AWS::CloudWatch::Dashboard",
	"AWS::Cognito::UserPool",
	"AWS::DynamoDB::Table",
	"AWS::EC2::EIP",
	"AWS::EC2::Instance",
	"AWS::EC2::NatGateway",
	"AWS::EC2::VPCEndpoint",
	"AWS::Events::EventBus",
	"AWS::Lambda::EventSourceMapping",
	"AWS::Lambda::Function",
	"AWS::Logs::LogGroup",
	"AWS::RDS::DBInstance",
	"AWS::S3::Bucket",
	"AWS::SQS::Queue",
	"AWS::SecretsManager::Secret",
];

/** Resource types that cost nothing, or only through one of the above. */
const free =
	/^AWS::(IAM::|ApiGatewayV2::(Route|Integration|Authorizer|Stage)|Lambda::(Permission|EventInvokeConfig)|SQS::QueuePolicy|Events::Rule|EC2::(VPC|Subnet|RouteTable|Route|SubnetRouteTableAssociation|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|LaunchTemplate)$|RDS::DB(SubnetGroup|ParameterGroup)|SNS::|S3::BucketPolicy|Cognito::UserPoolClient|Budgets::Budget|CDK::Metadata)/;

/**
 * What an environment costs in a month, by its templates and how it is used.
 * @throws naming a resource whose price is not known
 */
export function bill(
	templates: Templates,
	environment: Pick<Environment, "network">,
	profile: Profile,
): Line[] {
	const resources = templates.flatMap(({ Resources }) =>
		Object.values(Resources),
	);
	const all = (type: string) =>
		resources.filter(({ Type }) => Type === type).map((one) => one.Properties);
	for (const { Type } of resources) {
		if (!priced.includes(Type) && !free.test(Type)) {
			throw new Error(
				`Nobody has said what ${Type} costs: give it a line in scripts/cost/bill.ts, or add it to what is free.`,
			);
		}
	}
	return [
		...standing(all),
		...monitoring(all, profile),
		...functions(all, profile),
		...traffic(all, environment, profile),
		...models(profile),
	].filter(({ list, what }) => list > 0 || what.startsWith("AI"));
}

type All = (type: string) => NonNullable<Resource["Properties"]>[];

/** What costs by the hour, used or not. */
function standing(all: All): Line[] {
	const { hoursPerMonth: hours } = prices;
	const instances = all("AWS::RDS::DBInstance");
	const publicDatabases = instances.filter((one) => one.PubliclyAccessible);
	const machines = all("AWS::EC2::Instance");
	const onNetwork = machines.flatMap((one) => one.NetworkInterfaces ?? []);
	const addresses =
		publicDatabases.length +
		all("AWS::EC2::EIP").length +
		onNetwork.filter((one) => one.AssociatePublicIpAddress).length;
	const endpoints = all("AWS::EC2::VPCEndpoint").filter(
		(one) => one.VpcEndpointType === "Interface",
	);
	// RDS makes and keeps the master's own.
	const secrets =
		all("AWS::SecretsManager::Secret").length +
		instances.filter((one) => one.ManageMasterUserPassword).length;
	return [
		...instances.flatMap((one) => {
			const copies = one.MultiAZ ? 2 : 1;
			const size = Number(one.AllocatedStorage);
			const zones = one.MultiAZ ? ", in two zones" : "";
			const hour = priceOf(prices.rdsPostgresHour, one.DBInstanceClass);
			return [
				line(
					`Postgres ${one.DBInstanceClass}${zones}`,
					`${hours} h`,
					copies * hours * hour,
				),
				line(
					`Postgres storage, with backups of its size${zones}`,
					`${size} GB`,
					copies * size * prices.rdsStorageGbMonth,
				),
			];
		}),
		line(
			"public IPv4 addresses",
			`${addresses}`,
			addresses * hours * prices.publicIpv4Hour,
		),
		line(
			"NAT gateways",
			`${all("AWS::EC2::NatGateway").length}`,
			all("AWS::EC2::NatGateway").length * hours * prices.natGatewayHour,
		),
		...machines.flatMap((one) => [
			line(
				`EC2 ${one.InstanceType}`,
				`${hours} h`,
				hours * priceOf(prices.ec2Hour, one.InstanceType),
			),
			line("EC2 volume", "8 GB", 8 * prices.ebsGbMonth),
		]),
		line(
			"interface endpoints",
			`${endpoints.length}`,
			endpoints.length * hours * prices.interfaceEndpointHour,
		),
		line("secrets", `${secrets}`, secrets * prices.secretMonth),
	];
}

function monitoring(all: All, profile: Profile): Line[] {
	const { alwaysFree } = prices;
	const alarms = all("AWS::CloudWatch::Alarm").length;
	const dashboards = all("AWS::CloudWatch::Dashboard");
	const drawn = dashboards.map(
		({ DashboardBody }) => metricsDrawn(DashboardBody) + series(profile),
	);
	const small = drawn.filter(
		(count) => count <= alwaysFree.metricsOfADashboard,
	);
	const metrics = customMetrics(profile);
	return [
		line("alarms", `${alarms}`, alarms * prices.alarmMonth, {
			free: alwaysFree.alarms * prices.alarmMonth,
		}),
		line("custom metrics", `${metrics}`, metrics * prices.customMetricMonth, {
			free: alwaysFree.customMetrics * prices.customMetricMonth,
		}),
		line(
			`dashboards, of ${drawn.join(" and ")} metrics`,
			`${dashboards.length}`,
			dashboards.length * prices.dashboardMonth,
			{
				free:
					Math.min(alwaysFree.dashboards, small.length) * prices.dashboardMonth,
			},
		),
	];
}

/** Metrics that a dashboard's body names, each once however often it is drawn. */
function metricsDrawn(body: { "Fn::Join": [string, unknown[]] }): number {
	const text = body["Fn::Join"][1]
		// A reference stands within a JSON string of the body.
		.map((part) =>
			typeof part === "string"
				? part
				: JSON.stringify(part).replaceAll(/\W/g, ""),
		)
		.join("");
	const { widgets } = JSON.parse(text) as {
		widgets: { properties: { metrics?: unknown[][] } }[];
	};
	const named = widgets
		.flatMap(({ properties }) => properties.metrics ?? [])
		.map((metric) => metric.filter((part) => typeof part === "string"))
		.filter((names) => names.length > 0);
	return new Set(named.map((names) => names.join())).size;
}

/** Series that a dashboard's searches find: retries and failures of stages, and those of providers and models. */
function series(profile: Profile): number {
	return 2 * 3 + providersOf(profile).length * (3 + 3);
}

const providersOf = ({ visionProvider, embeddingProvider }: Profile) =>
	[visionProvider, embeddingProvider].filter((one) => one !== "offline");

/** Series of `packages/lambda-kit/metrics.ts` in an hour without failures; AWS counts those it is sent. */
function customMetrics(profile: Profile): number {
	if (profile.uploads === 0) return 1; // the longest wait
	// Three stages, upload to ready; a provider's duration, and tokens and dollars of its model.
	return 1 + 3 + 1 + providersOf(profile).length * (1 + 3);
}

function functions(all: All, profile: Profile): Line[] {
	const { alwaysFree } = prices;
	const looks =
		profile.visionProvider === "offline" ? "offline" : ("provider" as const);
	const requests = apiRequests(profile);
	const runs: Record<string, [count: number, seconds: number]> = {
		api: [requests, perUser.secondsPerApiRequest],
		imageProcessor: [profile.uploads, perUpload.seconds.ImageProcessor],
		analyzer: [profile.uploads, perUpload.seconds.Analyzer[looks]],
		embedder: [profile.uploads, perUpload.seconds.Embedder],
		cleanup: [idle.sweeps, idle.secondsPerSweep],
		migrate: [0, 0],
	};
	let gbSeconds = 0;
	let calls = 0;
	let list = 0;
	for (const fn of all("AWS::Lambda::Function")) {
		const { MemorySize, Architectures, Environment } = fn;
		const [count, seconds] = runs[kindOf(Environment.Variables)] ?? [0, 0];
		const used = (count * seconds * MemorySize) / 1024;
		gbSeconds += used;
		calls += count;
		list += used * priceOf(prices.lambdaGbSecond, Architectures[0]);
	}
	return [
		line("Lambda time", `${whole(gbSeconds)} GB-s`, list, {
			free: list * Math.min(1, alwaysFree.lambdaGbSeconds / (gbSeconds || 1)),
		}),
		line(
			"Lambda requests",
			whole(calls),
			(calls / 1e6) * prices.lambdaRequestsMillion,
			{
				free: (alwaysFree.lambdaRequests / 1e6) * prices.lambdaRequestsMillion,
			},
		),
		// Each sandbox keeps a secret for five minutes, which is the sweeper's pause.
		line(
			"calls to secrets",
			whole(idle.sweeps),
			(idle.sweeps / 1e6) * prices.secretCallsMillion,
		),
	];
}

/** Which function it is: each has a variable that no other has. */
function kindOf(variables: Record<string, unknown>): string {
	if ("MIGRATION_SECRET_ARN" in variables) return "migrate";
	if ("JWKS_URL" in variables) return "api";
	if ("VISION_PROVIDER" in variables) return "analyzer";
	if ("EMBEDDING_PROVIDER" in variables) return "embedder";
	if ("MALLOC_ARENA_MAX" in variables) return "imageProcessor";
	return "cleanup";
}

function traffic(
	all: All,
	{ network }: Pick<Environment, "network">,
	profile: Profile,
): Line[] {
	const { users, uploads } = profile;
	const { alwaysFree } = prices;
	const requests = apiRequests(profile);
	const logsGb =
		idle.sweeps * idle.logGbPerSweep +
		uploads * perUpload.logGb +
		requests * perUser.logGbPerRequest;
	const receives =
		all("AWS::Lambda::EventSourceMapping").length * idle.receivesPerQueue +
		uploads * perUpload.sqsRequests;
	const storedGb =
		uploads * monthsStored * (perUpload.originalGb + perUpload.derivedGb);
	const dataOut = users * perUser.dataOutGb;
	const natGb = network.mode === "private" ? uploads * 0.001 : 0;
	return [
		line(
			"log ingestion and a month's storage",
			`${logsGb.toFixed(2)} GB`,
			logsGb * (prices.logsIngestGb + prices.logsStoreGbMonth),
			{
				free:
					alwaysFree.logsGb * (prices.logsIngestGb + prices.logsStoreGbMonth),
			},
		),
		line(
			"HTTP API requests",
			whole(requests),
			(requests / 1e6) * prices.httpApiMillion,
		),
		line(
			"SQS requests, most of them of queues that are empty",
			whole(receives),
			(receives / 1e6) * prices.sqsMillion,
			{ free: (alwaysFree.sqsRequests / 1e6) * prices.sqsMillion },
		),
		line(
			"EventBridge events",
			whole(uploads * perUpload.events),
			((uploads * perUpload.events) / 1e6) * prices.eventBridgeMillion,
		),
		line(
			`S3 storage after ${monthsStored} months`,
			`${storedGb.toFixed(1)} GB`,
			storedGb * prices.s3StoreGbMonth,
		),
		line(
			"S3 requests",
			whole(uploads * (perUpload.s3Puts + perUpload.s3Gets)),
			(uploads * perUpload.s3Puts * prices.s3PutsThousand +
				(uploads * perUpload.s3Gets + users * perUser.s3Gets) *
					prices.s3GetsThousand) /
				1_000,
		),
		line("NAT data", `${natGb.toFixed(1)} GB`, natGb * prices.natGatewayGb),
		line(
			"data to the internet",
			`${dataOut.toFixed(1)} GB`,
			dataOut * prices.dataOutGb,
			{ free: alwaysFree.dataOutGb * prices.dataOutGb },
		),
		line(
			"Cognito users",
			whole(users),
			users * all("AWS::Cognito::UserPool").length * prices.cognitoUserMonth,
			{ free: alwaysFree.cognitoUsers * prices.cognitoUserMonth },
		),
	];
}

const apiRequests = ({ users, uploads }: Profile) =>
	users * perUser.apiRequests + uploads * perUpload.apiRequests;

/** Whom the environment asks, and their default models. */
function models(profile: Profile): Line[] {
	const { users, uploads, visionProvider, embeddingProvider } = profile;
	const lines: Line[] = [];
	const ask = (what: string, model: string, input: number, output: number) => {
		// By the call: a price may hold up to a number of tokens in one.
		const calls = Math.max(uploads, 1);
		const each = costUsd(model, input / calls, output / calls);
		if (each === null) {
			throw new Error(
				`The price of ${model} is not known: add it to packages/ai/prices.ts.`,
			);
		}
		lines.push(
			line(
				`AI: ${what} by ${model}`,
				`${whole(input + output)} tokens`,
				each * calls,
			),
		);
	};
	if (visionProvider !== "offline" && visionProvider !== "replay") {
		const { input, output } = perUpload.visionTokens;
		ask(
			"descriptions",
			profile.models[visionProvider],
			uploads * input,
			uploads * output,
		);
	}
	if (embeddingProvider !== "offline") {
		const searches = users * perUser.searches;
		ask(
			"embeddings",
			profile.models[embeddingProvider],
			uploads * perUpload.embeddingTokens +
				searches * perUser.embeddingTokensPerSearch,
			0,
		);
	}
	return lines.length > 0
		? lines
		: [line("AI: provider offline, on our own machines", "-", 0)];
}

function line(
	what: string,
	quantity: string,
	list: number,
	{ free: given = 0 }: { free?: number } = {},
): Line {
	return { what, quantity, list, alwaysFree: Math.min(list, given) };
}

function priceOf(table: Record<string, number>, name: string): number {
	const price = table[name];
	if (price !== undefined) return price;
	throw new Error(
		`The price of ${name} is not known: add it to scripts/cost/aws-prices.json.`,
	);
}

const whole = (number: number) => Math.round(number).toLocaleString("en-US");

/** What is paid, and what it would be without what every account has for good. */
export function total(lines: Line[]): { pay: number; list: number } {
	const list = lines.reduce((sum, one) => sum + one.list, 0);
	const given = lines.reduce((sum, one) => sum + one.alwaysFree, 0);
	return { list, pay: list - given };
}
