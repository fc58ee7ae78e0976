import { useQuery } from "@tanstack/react-query";
import { session } from "#web/features/account/browser-session.ts";
import { hasSecondFactor } from "#web/features/account/second-factor.ts";

/** Returns an access token that is not about to expire. */
export async function accessToken(): Promise<string> {
	await session.token();
	return session.accessToken ?? "";
}

export const secondFactorKey = ["second-factor"];

/** True where a code of an app follows the person's password. */
export const useSecondFactor = () =>
	useQuery({ queryKey: secondFactorKey, queryFn: async () => hasSecondFactor(await accessToken()) });
