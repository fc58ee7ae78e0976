import { password as askPassword, cancel, isCancel, text } from "@clack/prompts";
import { revokeSession, signIn } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Output } from "../output.ts";
import { type AddressOptions, addressOf, forgetSession, storedSession, storeSession } from "../session-file.ts";

/** Signs in with a password, which is not kept: the refresh token is. */
export async function login(output: Output, options: AddressOptions & { email?: string }): Promise<void> {
	const address = addressOf(options);
	const email = options.email ?? (await asked("E-mail", (message) => text({ message })));
	const password = process.env.COLLECTIONS_PASSWORD ?? (await asked("Password", (message) => askPassword({ message })));
	const { refreshToken, idToken } = await signIn(address.pool, { email, password });
	storeSession({ ...address, email, refreshToken, idToken });
	output.result({ email, api_url: address.apiUrl }, `${email} is signed in to ${address.apiUrl}.`);
}

/** Revokes the session, so that a copy of its file is worth nothing. */
export async function logout(output: Output): Promise<void> {
	const { pool, refreshToken, email } = storedSession();
	await revokeSession(pool, refreshToken);
	forgetSession();
	output.result({ email }, `${email || "The session"} is signed out, and its refresh token is revoked.`);
}

async function asked(what: string, prompt: (message: string) => Promise<string | symbol | undefined>): Promise<string> {
	if (!process.stdin.isTTY) {
		throw new Failure(
			`${what} is missing: give --email, and COLLECTIONS_PASSWORD in the environment.`,
			exitCodes.usage,
		);
	}
	const answer = await prompt(what);
	if (isCancel(answer) || !answer) {
		cancel("Nothing was changed.");
		throw new Failure("Nobody was signed in.", exitCodes.interrupted);
	}
	return String(answer);
}
