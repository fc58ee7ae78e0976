import { expect, test } from "vitest";
import { explained } from "#scripts/environment/aws-errors.ts";

const said = (name: string, message = "no", endpoint?: string) =>
	explained(() => Promise.reject(Object.assign(new Error(message), { name })), endpoint).catch(
		(error: Error) => error.message,
	);

test.each([
	["CredentialsProviderError", /^There are no AWS credentials \(no\)/],
	["ExpiredToken", /have expired: sign in again/],
	["ExpiredTokenException", /have expired: sign in again/],
	["AuthFailure", /does not know these credentials \(AuthFailure\)/],
	["AccessDenied", /^These credentials may not do that: no$/],
	["UnauthorizedOperation", /^These credentials may not do that: no$/],
])("AWS's %s becomes a sentence that says what to do", async (name, sentence) => {
	expect(await said(name)).toMatch(sentence);
});

test("what nobody can mend by signing in or waiting passes as it is", async () => {
	expect(await said("ValidationError", "as AWS says it")).toBe("as AWS says it");
});
