import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { PreSignUpTriggerEvent } from "aws-lambda";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Apis, startApis, userPoolOptions } from "#cdk-local/testing/index.ts";
import { stubFunctionEnv } from "../support/function-env.ts";

const poolId = "eu-central-1_TestPool1";
const email = "Ada@Example.com";
const password = "Correct-horse-1";
const attributes = { email, email_verified: "true" };

interface Call {
	operation: string;
	input: Record<string, unknown>;
}
let calls: Call[] = [];
/** Changes of the pool's answer to AdminGetUser. */
let answered: object = {};

let apis: Apis;
let proxy: Server;
let handler: (event: PreSignUpTriggerEvent) => Promise<PreSignUpTriggerEvent>;
beforeAll(async () => {
	apis = await startApis();
	apis.pools.ensurePool(poolId, userPoolOptions);
	proxy = linkingPool(apis.client.endpoint).listen(0, "127.0.0.1");
	await once(proxy, "listening");
	stubFunctionEnv(apis);
	vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
	handler = await handlerWith("any");
});
afterEach(() => {
	for (const user of apis.pools.listUsers(poolId)) apis.pools.deleteUser(user);
	calls = [];
	answered = {};
});
afterAll(async () => {
	vi.unstubAllEnvs();
	// Other files of this process must not get modules that have read these variables.
	vi.resetModules();
	proxy.close();
	await apis.destroy();
});

/** Serves the local pool, which links nobody, and takes that call itself. */
function linkingPool(endpoint: string): Server {
	return createServer(async (incoming, response) => {
		const body = await text(incoming);
		const operation = String(incoming.headers["x-amz-target"]).replace(/^.*\./, "");
		calls.push({ operation, input: JSON.parse(body) });
		if (operation === "AdminLinkProviderForUser") return void response.end("{}");
		// With the host that was signed.
		const onward = request(endpoint, { method: "POST", headers: incoming.headers }, async (answer) => {
			const sent = JSON.parse(await text(answer));
			const isPerson = operation === "AdminGetUser" && answer.statusCode === 200;
			response.writeHead(answer.statusCode ?? 500, { "content-type": "application/x-amz-json-1.1" });
			response.end(JSON.stringify(isPerson ? { ...sent, ...answered } : sent));
		});
		onward.end(body);
	});
}

async function handlerWith(domains: string) {
	vi.resetModules();
	vi.stubEnv("ENVIRONMENT", "local");
	vi.stubEnv("SIGN_UP_DOMAINS", domains);
	return (await import("#lambdas/pre-sign-up/handler.ts")).handler;
}

/** Cognito's event before it creates a user for somebody whom Google sent. */
const arrival = (userAttributes: Record<string, string> = attributes, userName = "google_107698530174632453462") =>
	({
		version: "1",
		region: "eu-central-1",
		userPoolId: poolId,
		userName,
		callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: "client" },
		triggerSource: "PreSignUp_ExternalProvider",
		request: { userAttributes: { "cognito:email_alias": "", ...userAttributes }, validationData: {} },
		response: { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false },
	}) as PreSignUpTriggerEvent;

const newUser = (status: "CONFIRMED" | "UNCONFIRMED" | "FORCE_CHANGE_PASSWORD", verified: string) =>
	apis.pools.createUser(poolId, "ada@example.com", password, { email_verified: verified }, status, {
		triggerSource: "PreSignUp_SignUp",
	});

const operations = () => calls.map(({ operation }) => operation);
const link = () => calls.find(({ operation }) => operation === "AdminLinkProviderForUser")?.input;
const linkTo = (username: string) => ({
	UserPoolId: poolId,
	DestinationUser: { ProviderName: "Cognito", ProviderAttributeValue: username },
	SourceUser: {
		ProviderName: "Google",
		ProviderAttributeName: "Cognito_Subject",
		ProviderAttributeValue: "107698530174632453462",
	},
});
const person = () => apis.pools.findUser(poolId, "ada@example.com");

describe("a Google account whose address is verified", () => {
	it("signs in to the confirmed account of the address, in whatever case, whose password stays", async () => {
		const { sub, passwordHash } = await newUser("CONFIRMED", "true");
		const event = arrival();
		expect(await handler(event)).toBe(event);
		expect(operations()).toEqual(["AdminGetUser", "AdminLinkProviderForUser"]);
		expect(link()).toEqual(linkTo(sub));
		expect(person()?.passwordHash).toBe(passwordHash);
	});

	it("gets an account of its own where the address has none, as one whose name is its sub", async () => {
		await handler(arrival());
		expect(operations()).toEqual([
			"AdminGetUser",
			"AdminCreateUser",
			"AdminSetUserPassword",
			"AdminLinkProviderForUser",
		]);
		expect(calls[1]?.input).toMatchObject({ MessageAction: "SUPPRESS", UserAttributes: expect.any(Array) });
		expect(person()).toMatchObject({ status: "CONFIRMED", attributes: { email, email_verified: "true" } });
		expect(link()).toEqual(linkTo(person()?.sub ?? ""));
	});

	it.each([
		["a sign-up that nobody confirmed, whose password a stranger may know,", "UNCONFIRMED", "false"],
		["an invitation that nobody took,", "FORCE_CHANGE_PASSWORD", "true"],
	] as const)("takes over %s and makes its password void", async (_, status, verified) => {
		const { sub, passwordHash } = await newUser(status, verified);
		await handler(arrival());
		expect(link()).toEqual(linkTo(sub));
		expect(operations().indexOf("AdminSetUserPassword")).toBeLessThan(operations().indexOf("AdminLinkProviderForUser"));
		expect(person()?.status).toBe("CONFIRMED");
		expect(person()?.passwordHash).not.toBe(passwordHash);
	});

	it("does not sign in to an account in use whose address is not verified", async () => {
		await newUser("CONFIRMED", "false");
		await expect(handler(arrival())).rejects.toThrow(/^An account has this address without proof/);
		expect(operations()).toEqual(["AdminGetUser"]);
	});

	it("does not go around the codes of an authenticator app", async () => {
		await newUser("CONFIRMED", "true");
		answered = { UserMFASettingList: ["SOFTWARE_TOKEN_MFA"] };
		await expect(handler(arrival())).rejects.toThrow(/^Your account asks for a code of an authenticator app/);
		expect(operations()).toEqual(["AdminGetUser"]);
	});

	it.each([
		["none", /^There is no account with this address: ask an administrator/],
		["example.org", /^This address may not sign up: use one of example\.org/],
	])(
		"creates no account where the list of domains is %s, and signs in to one that exists",
		async (domains, sentence) => {
			const strict = await handlerWith(domains);
			await expect(strict(arrival())).rejects.toThrow(sentence);
			expect(operations()).toEqual(["AdminGetUser"]);
			const { sub } = await newUser("CONFIRMED", "true");
			await strict(arrival());
			expect(link()).toEqual(linkTo(sub));
		},
	);
});

it.each<Record<string, string>>([{ email }, { email, email_verified: "false" }, { email_verified: "true" }, {}])(
	"a Google account with %o is asked to verify its address, and no account is looked for",
	async (userAttributes) => {
		await newUser("CONFIRMED", "true");
		await expect(handler(arrival(userAttributes))).rejects.toThrow(/^Google has not verified your address/);
		expect(calls).toEqual([]);
	},
);

it("a user of another provider is not taken for one of Google", async () => {
	await expect(handler(arrival(attributes, "facebook_1076985"))).rejects.toThrow(/does not come from Google/);
	expect(calls).toEqual([]);
});

it("a failure of the pool refuses the sign-in", async () => {
	const event = { ...arrival(), userPoolId: "eu-central-1_Nothing00" };
	await expect(handler(event)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
	expect(operations()).toEqual(["AdminGetUser"]);
});
