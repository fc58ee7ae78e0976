import { describe, expect, test } from "vitest";
import { resumeSession, SignInRefused, signIn } from "../index.ts";
import { type StubAnswer, stubServer } from "./stub-server.ts";

const you = { email: "you@example.com", password: "Secret-1" };
const tokens = (IdToken: string, more: object = {}): StubAnswer => ({
	body: { AuthenticationResult: { IdToken, ExpiresIn: 3_600, ...more } },
});
const refused: StubAnswer = {
	status: 400,
	body: { __type: "NotAuthorizedException", message: "Refresh Token has expired" },
};

/** Cognito as a test says: for a password, and for a refresh token. */
const cognito = (answers: { password?: StubAnswer[]; refresh?: StubAnswer[] }) =>
	stubServer(({ headers }) => {
		const isRefresh = `${headers["x-amz-target"]}`.endsWith(".GetTokensFromRefreshToken");
		return (isRefresh ? answers.refresh : answers.password)?.shift() ?? { status: 500 };
	});

describe("a session", () => {
	test("begins with a password and keeps its token while it is valid", async () => {
		await using pool = await cognito({ password: [tokens("first", { RefreshToken: "r1" })] });
		const session = await signIn({ clientId: "c", endpoint: pool.url }, you);
		expect([await session.token(), await session.token(), session.idToken]).toEqual(["first", "first", "first"]);
		expect(session.refreshToken).toBe("r1");
		expect(JSON.parse(pool.received[0]?.body ?? "")).toEqual({
			ClientId: "c",
			AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: { USERNAME: you.email, PASSWORD: you.password },
		});
		expect(pool.received).toHaveLength(1);
	});

	test("renews a token that is about to expire, once for all requests that run", async () => {
		await using pool = await cognito({
			password: [tokens("first", { RefreshToken: "r1", ExpiresIn: 59 })],
			refresh: [tokens("second", { RefreshToken: "r2" })],
		});
		const session = await signIn({ clientId: "c", endpoint: pool.url }, you);
		expect(await Promise.all([session.token(), session.token()])).toEqual(["second", "second"]);
		expect(JSON.parse(pool.received[1]?.body ?? "")).toEqual({ ClientId: "c", RefreshToken: "r1" });
		expect(session.refreshToken).toBe("r2");
	});

	test("renews a token that the API refused, unless it has been renewed meanwhile", async () => {
		await using pool = await cognito({
			password: [tokens("first", { RefreshToken: "r1" })],
			refresh: [tokens("second")],
		});
		const session = await signIn({ clientId: "c", endpoint: pool.url }, you);
		expect(await session.renewed("first")).toBe("second");
		expect(await session.renewed("first")).toBe("second");
		expect(session.refreshToken).toBe("r1");
	});

	test("signs in with the password again once its refresh token has expired", async () => {
		await using pool = await cognito({
			password: [tokens("first", { RefreshToken: "r1", ExpiresIn: 1 }), tokens("third", { RefreshToken: "r3" })],
			refresh: [refused],
		});
		const session = await signIn({ clientId: "c", endpoint: pool.url }, you);
		expect(await session.token()).toBe("third");
		expect(session.refreshToken).toBe("r3");
	});

	test("resumes by a refresh token, and ends with it", async () => {
		await using pool = await cognito({ refresh: [tokens("first", { ExpiresIn: 1 }), refused] });
		const session = await resumeSession({ clientId: "c", endpoint: pool.url }, "r1");
		await expect(session.token()).rejects.toThrow("Refresh Token has expired");
	});

	test("of a user who must take another step first is refused with the step", async () => {
		await using pool = await cognito({ password: [{ body: { ChallengeName: "NEW_PASSWORD_REQUIRED" } }] });
		const refusal = await signIn({ clientId: "c", endpoint: pool.url }, you).catch((error) => error);
		expect(refusal).toBeInstanceOf(SignInRefused);
		expect(refusal).toMatchObject({ code: "NEW_PASSWORD_REQUIRED" });
		expect(refusal.message).not.toContain(you.password);
	});
});
