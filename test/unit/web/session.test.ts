import { expect, test } from "vitest";
import { CognitoError, type Tokens } from "#web/features/account/cognito.ts";
import { Session } from "#web/features/account/session.ts";

const now = 1_800_000_000_000;

function tokens(name: string, secondsLeft: number): Tokens {
	const claims = { sub: "person", email: "käthe@example.com", exp: now / 1_000 + secondsLeft, name };
	const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
	return { idToken: `header.${payload}.signature`, accessToken: `access-${name}`, refreshToken: `refresh-${name}` };
}

function newSession(stored: Tokens | null, renew: (token: string) => Promise<Tokens>) {
	let kept = stored;
	const store = {
		read: () => kept,
		write(next: Tokens | null) {
			kept = next;
		},
	};
	return { session: new Session({ store, renew, now: () => now }), store };
}

const never = async () => {
	throw new Error("The token was renewed.");
};

test("a token that is valid for longer than a minute is used as it is", async () => {
	const { session } = newSession(tokens("a", 90), never);
	expect(await session.token()).toBe(tokens("a", 90).idToken);
	expect(session.person).toEqual({ sub: "person", email: "käthe@example.com", isAdmin: false });
});

test("requests at the same time renew an expiring token once", async () => {
	let renewals = 0;
	const { session, store } = newSession(tokens("a", 30), async (token) => {
		renewals += 1;
		expect(token).toBe("refresh-a");
		return tokens("b", 3_600);
	});
	const got = await Promise.all([session.token(), session.token(), session.token()]);
	expect(new Set(got)).toEqual(new Set([tokens("b", 3_600).idToken]));
	expect(renewals).toBe(1);
	expect(store.read()?.refreshToken).toBe("refresh-b");
});

test("a token that the API refused is renewed, unless another tab has renewed it", async () => {
	const { session, store } = newSession(tokens("a", 3_600), async () => tokens("b", 3_600));
	expect(await session.token(tokens("a", 3_600).idToken)).toBe(tokens("b", 3_600).idToken);
	store.write(tokens("c", 3_600));
	expect(await session.token(tokens("b", 3_600).idToken)).toBe(tokens("c", 3_600).idToken);
});

test("a refused refresh token ends the session; throttling and a lost network do not", async () => {
	const refusals = [new TypeError("network"), new CognitoError("TooManyRequestsException", "slow down")];
	const { session, store } = newSession(tokens("a", 0), async () => {
		throw refusals.shift() ?? new CognitoError("NotAuthorizedException", "Refresh Token has been revoked");
	});
	await expect(session.token()).rejects.toThrow("network");
	await expect(session.token()).rejects.toThrow("slow down");
	expect(store.read()).not.toBeNull();
	expect(await session.token()).toBeNull();
	expect(store.read()).toBeNull();
	expect(session.person).toBeNull();
});
