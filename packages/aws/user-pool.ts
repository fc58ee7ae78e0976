import { once } from "#core/once.ts";
import type { UserPool } from "#core/ports/index.ts";
import { ttlCache } from "./ttl-cache.ts";

// The SDK is imported at first use: most sandboxes never ask.
const client = once(async () => {
	const sdk = await import("./client-cognito.ts");
	return { sdk, cognito: new sdk.CognitoIdentityProviderClient({ maxAttempts: 2 }) };
});

const maxCallMs = 3_000;

/** The people of a Cognito user pool, in which the username is the `sub`. Addresses are cached for five minutes. */
export function cognitoUserPool(UserPoolId: string): UserPool {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const emailOf = ttlCache(async (Username) => {
		const { sdk, cognito } = await client();
		const found = await unlessGone(cognito.send(new sdk.AdminGetUserCommand({ UserPoolId, Username }), options()));
		return found?.UserAttributes?.find(({ Name }) => Name === "email")?.Value ?? null;
	});
	return {
		email: (userId) => emailOf(userId),

		async signOut(Username) {
			const { sdk, cognito } = await client();
			await unlessGone(cognito.send(new sdk.AdminUserGlobalSignOutCommand({ UserPoolId, Username }), options()));
		},

		async delete(Username) {
			const { sdk, cognito } = await client();
			await unlessGone(cognito.send(new sdk.AdminDeleteUserCommand({ UserPoolId, Username }), options()));
		},
	};
}

/** Waits for an answer; null where the person is gone. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
	return answer.catch((error: Error) => {
		if (error.name === "UserNotFoundException") return null;
		throw error;
	});
}
