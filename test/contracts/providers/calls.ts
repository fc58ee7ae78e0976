import { expect, vi } from "vitest";
import type { ProviderServer } from "#tools/provider-stubs/server.ts";

/** Sets variables that the SDKs read by themselves: they must have no effect, or one could send content elsewhere. */
export function stubSdkVariables(): void {
	vi.stubEnv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1");
	vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:1");
	vi.stubEnv("ANTHROPIC_API_KEY", "from-environment");
	vi.stubEnv("OPENAI_API_KEY", "from-environment");
}

/** Sets the credentials of a function's role, with which it calls Bedrock. */
export function stubRoleCredentials(): void {
	vi.stubEnv("AWS_REGION", "us-east-1");
	vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
}

export const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1_000);

/** Returns the error of a call, which must be of the given class. */
export async function rejectionOf<E extends Error>(
	call: Promise<unknown>,
	expected: new (...parts: never[]) => E,
): Promise<E> {
	const error = await call.then(
		() => new Error("Expected an error."),
		(thrown) => thrown,
	);
	expect(error).toBeInstanceOf(expected);
	return error;
}

/** A provider that answers nothing, and one that answers half. */
export const hangs = ["silence", "stall"] as const;

/** Calls a provider that hangs: the call fails before its deadline, once, and closes its connection. @returns the failure */
export async function endsBeforeDeadline<E extends Error>(
	server: ProviderServer,
	reply: (typeof hangs)[number],
	failure: (deadline: Date) => Promise<E>,
): Promise<E> {
	server.answers(reply);
	const started = Date.now();
	const error = await failure(inSeconds(1.5));
	// The providers' own clients would wait for minutes.
	expect(Date.now() - started).toBeLessThan(10_000);
	await vi.waitFor(() => expect(server.requests[0]?.abandoned).toBe(true));
	expect(server.requests).toHaveLength(1);
	return error;
}
