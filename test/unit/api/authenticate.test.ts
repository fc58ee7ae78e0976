import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Authenticate, cognitoAuthenticate } from "#lambdas/api/http/authenticate.ts";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { testApi } from "./test-api.ts";

const ours = await generateKeyPair("RS256", { extractable: true });
const foreign = await generateKeyPair("RS256", { extractable: true });
const clientId = "client-1";
const clientIds = [clientId, "client-web"];
const userId = "5f0c54a2-5b5c-4ff4-a9b8-5a8ea9a6d2f1";

let server: Server;
let issuer: string;
let authenticate: Authenticate;

beforeAll(async () => {
	const jwk = await exportJWK(ours.publicKey);
	const keys = { keys: [{ ...jwk, kid: "ours", alg: "RS256", use: "sig" }] };
	server = createServer((_, response) => {
		response.end(JSON.stringify(keys));
	});
	await new Promise<void>((listening) => {
		server.listen(0, "127.0.0.1", listening);
	});
	issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`;
	authenticate = cognitoAuthenticate({
		issuer,
		jwksUrl: `${issuer}/.well-known/jwks.json`,
		clientIds,
		environment: "local",
	});
});
afterAll(() => {
	server.close();
});

const idClaims = { token_use: "id", aud: clientId, sub: userId };
const accessClaims = { token_use: "access", client_id: clientId, sub: userId };

function sign(claims: JWTPayload, { key = ours.privateKey, kid = "ours", expires = "1h", iss = issuer } = {}) {
	return new SignJWT(claims)
		.setProtectedHeader({ alg: "RS256", kid })
		.setIssuer(iss)
		.setIssuedAt()
		.setExpirationTime(expires)
		.sign(key);
}

describe("a token", () => {
	it.each([
		["an ID token", idClaims],
		["an access token", accessClaims],
		["an ID token of any of its clients", { ...idClaims, aud: "client-web" }],
		["an access token of any of its clients", { ...accessClaims, client_id: "client-web" }],
	])("is accepted as %s and gives its user", async (_, claims) => {
		await expect(authenticate(`Bearer ${await sign(claims)}`)).resolves.toEqual({ userId, groups: [] });
	});

	it.each([
		["those of the claim", { "cognito:groups": ["pro", "admin"] }, ["pro", "admin"]],
		["none where the claim is no list", { "cognito:groups": "admin" }, []],
		["none where an entry is no text", { "cognito:groups": [7, null] }, []],
	])("gives the groups of its person: %s", async (_, claims, groups) => {
		const token = await sign({ ...idClaims, ...claims });
		// The second time it is known.
		for (let request = 0; request < 2; request += 1)
			await expect(authenticate(`Bearer ${token}`)).resolves.toEqual({ userId, groups });
	});

	it("is accepted whatever the case of the scheme", async () => {
		await expect(authenticate(`bearer ${await sign(idClaims)}`)).resolves.toEqual({ userId, groups: [] });
	});

	it("that was accepted is refused once it has expired, and its signature counts each time", async () => {
		const token = await sign(idClaims, { expires: "60s" });
		for (let request = 0; request < 3; request += 1)
			await expect(authenticate(`Bearer ${token}`)).resolves.toEqual({ userId, groups: [] });
		const [header, , signature] = token.split(".");
		const claims = Buffer.from(JSON.stringify({ ...idClaims, iss: issuer, exp: Date.now() })).toString("base64url");
		await expect(authenticate(`Bearer ${header}.${claims}.${signature}`)).rejects.toMatchObject({
			code: "unauthorized",
		});
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
		try {
			await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: "unauthorized" });
		} finally {
			vi.useRealTimers();
		}
	});

	const alg = (name: string) => Buffer.from(JSON.stringify({ alg: name, kid: "ours" })).toString("base64url");
	const refused: Record<string, () => Promise<string | undefined>> = {
		"is missing": async () => undefined,
		"is empty": async () => "Bearer ",
		"is not a JWT": async () => "Bearer abc.def.ghi",
		"has another scheme": async () => `Basic ${await sign(idClaims)}`,
		"is expired": async () => `Bearer ${await sign(idClaims, { expires: "-1s" })}`,
		"is signed by a foreign key under our key's id": async () =>
			`Bearer ${await sign(idClaims, { key: foreign.privateKey })}`,
		"is signed by an unknown key": async () =>
			`Bearer ${await sign(idClaims, { key: foreign.privateKey, kid: "foreign" })}`,
		"is of another issuer": async () => `Bearer ${await sign(idClaims, { iss: "https://elsewhere.example" })}`,
		"is an ID token of another client": async () => `Bearer ${await sign({ ...idClaims, aud: "client-2" })}`,
		"is an access token of another client": async () =>
			`Bearer ${await sign({ ...accessClaims, client_id: "client-2" })}`,
		"is an access token that has our client only as audience": async () =>
			`Bearer ${await sign({ token_use: "access", aud: clientId, sub: userId })}`,
		"is for another use": async () => `Bearer ${await sign({ ...idClaims, token_use: "refresh" })}`,
		"names no user": async () => `Bearer ${await sign({ token_use: "id", aud: clientId })}`,
		"names a user whose id would escape its key prefix": async () =>
			`Bearer ${await sign({ ...idClaims, sub: "../other" })}`,
		"has the algorithm none": async () =>
			`Bearer ${new UnsecuredJWT(idClaims).setIssuer(issuer).setExpirationTime("1h").encode()}`,
		"has its algorithm changed to none and its signature cut": async () => {
			const [, claims] = (await sign(idClaims)).split(".");
			return `Bearer ${alg("none")}.${claims}.`;
		},
		"has its algorithm changed to HS256": async () => {
			const [, claims, signature] = (await sign(idClaims)).split(".");
			return `Bearer ${alg("HS256")}.${claims}.${signature}`;
		},
		"has its claims changed after signing": async () => {
			const [header, , signature] = (await sign(idClaims)).split(".");
			const claims = Buffer.from(JSON.stringify({ ...idClaims, iss: issuer, exp: 9e9, sub: "other" })).toString(
				"base64url",
			);
			return `Bearer ${header}.${claims}.${signature}`;
		},
	};

	it.each(Object.entries(refused))("that %s is refused", async (_, make) => {
		await expect(authenticate(await make())).rejects.toMatchObject({
			code: "unauthorized",
		});
	});

	it("of our pool is still accepted after many foreign ones", async () => {
		for (const kid of ["a", "b", "c"]) {
			const token = await sign(idClaims, { key: foreign.privateKey, kid });
			await expect(authenticate(`Bearer ${token}`)).rejects.toThrow();
		}
		await expect(authenticate(`Bearer ${await sign(idClaims)}`)).resolves.toEqual({ userId, groups: [] });
	});
});

describe("the signing keys", () => {
	const http = "http://127.0.0.1:9/pool";

	it.each([
		["dev", `${http}/jwks.json`],
		["prod", `${http}/jwks.json`],
		["local", "http://keys.example/jwks.json"],
		["local", "http://127.0.0.1.example/jwks.json"],
	])("are not fetched over http in %s from %s", (environment, jwksUrl) => {
		expect(() => cognitoAuthenticate({ issuer: http, jwksUrl, clientIds, environment })).toThrow("over https");
	});

	it("that cannot be fetched are a server error", async () => {
		const unreachable = cognitoAuthenticate({
			issuer,
			jwksUrl: `${http}/jwks.json`,
			clientIds,
			environment: "local",
		});
		await expect(unreachable(`Bearer ${await sign(idClaims)}`)).rejects.not.toMatchObject({ code: "unauthorized" });
	});
});

describe("every route that is not public", () => {
	// Those of administrators answer as if they were not there: admin.test.ts.
	const guarded = allRoutes.filter((route) => !route.public && !route.forAdmins);

	it.each(guarded)("$method $path answers 401 without a token", async (route) => {
		const { app } = testApi({ authenticate });
		const path = route.path.replaceAll(/{\w+}/g, crypto.randomUUID());
		const response = await app.request(path, { method: route.method });
		expect(response.status).toBe(401);
		// That of /mcp also says where to sign in.
		expect(response.headers.get("www-authenticate")).toMatch(
			path === "/mcp" ? /^Bearer resource_metadata="/ : /^Bearer$/,
		);
		expect(response.headers.get("content-type")).toBe("application/problem+json");
		expect(await response.json()).toMatchObject({
			code: "unauthorized",
			status: 401,
			detail: expect.stringContaining("needs a token"),
		});
	});

	it("takes its user from the token", async () => {
		const { app } = testApi({ authenticate });
		const token = await sign(accessClaims);
		const response = await app.request("/items", {
			headers: { authorization: `Bearer ${token}` },
		});
		expect(response.status).toBe(200);
	});
});

describe("every public route", () => {
	it.each(allRoutes.filter((route) => route.public))("$method $path answers without a token", async (route) => {
		const { app } = testApi({ authenticate });
		const path = route.path.replace("{asset}", "swagger-ui.css");
		const response = await app.request(path, { method: route.method });
		if (path === "/webhooks/stripe") {
			return expect(await response.json()).toMatchObject({ status: 400, code: "signature_refused" });
		}
		if (path === "/mcp") return expect(response.status).toBe(405);
		if (!path.startsWith("/s/")) return expect(response.status).toBe(200);
		expect(response.status).not.toBe(401);
		expect(await response.json()).toMatchObject({ code: expect.not.stringMatching(/unauthorized|route/) });
	});
});
