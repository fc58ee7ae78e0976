import { expect, test } from "vitest";
import { withRemedy } from "#scripts/environment/aws-errors.ts";

const messageOf = (name: string, message = "no", endpoint?: string) =>
	withRemedy(() => Promise.reject(Object.assign(new Error(message), { name })), endpoint).catch(
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
	expect(await messageOf(name)).toMatch(sentence);
});

test("an error that a person cannot resolve passes unchanged", async () => {
	expect(await messageOf("ValidationError", "AWS's own message")).toBe("AWS's own message");
});
