import { decodeJwt } from "jose";
import { AwsError } from "../../endpoint/types.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import { requireEnabled, userNotFound } from "./users.ts";

/** Returns the user whose access token it is. @throws AwsError where it is not valid, or the user is gone */
export async function userOfToken(pools: UserPools, token: string): Promise<User> {
	const pool = poolOfToken(pools, token);
	const sub = await pools.tokens.verifyAccess(pool, pools.issuer(pool), token);
	const user = pools.findUser(pool, sub);
	if (!user) throw userNotFound();
	requireEnabled(user);
	return user;
}

/** Returns the pool that the token names as its issuer; the caller verifies the signature. */
function poolOfToken(pools: UserPools, token: string): string {
	try {
		const pool = decodeJwt(token).iss?.split("/").at(-1) ?? "";
		pools.pool(pool);
		return pool;
	} catch {
		throw new AwsError("NotAuthorizedException", "Invalid Access Token");
	}
}
