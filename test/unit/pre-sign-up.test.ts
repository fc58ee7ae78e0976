import type { PreSignUpTriggerEvent } from "aws-lambda";
import { afterAll, expect, it, vi } from "vitest";

vi.stubEnv("ENVIRONMENT", "local");
vi.stubEnv("SIGN_UP_DOMAINS", "example.com,example.org");
const { handler } = await import("#lambdas/pre-sign-up/handler.ts");
afterAll(() => {
	vi.unstubAllEnvs();
	// Other files of this process must not get modules that have read these variables.
	vi.resetModules();
});

const creation = (email: string, triggerSource: string) =>
	({ triggerSource, request: { userAttributes: { email } }, response: {} }) as unknown as PreSignUpTriggerEvent;

it.each(["ada@example.com", "ada@EXAMPLE.ORG", '"ada@evil.example"@example.com'])("%s may sign up", async (email) => {
	const event = creation(email, "PreSignUp_SignUp");
	expect(await handler(event)).toBe(event);
});

it.each([
	"ada@evil.example",
	"ada@sub.example.com",
	"ada@notexample.com",
	"ada@example.com.evil.example",
	"example.com",
	"",
])("'%s' may not sign up, and is told who may", async (email) => {
	await expect(handler(creation(email, "PreSignUp_SignUp"))).rejects.toThrow(
		/^This address may not sign up: use one of example\.com or example\.org, or ask an administrator for an invitation$/,
	);
});

it("an administrator may invite anyone", async () => {
	const event = creation("ada@evil.example", "PreSignUp_AdminCreateUser");
	expect(await handler(event)).toBe(event);
});
