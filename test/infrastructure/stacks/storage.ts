import { expect, test } from "vitest";
import { type Claimed, only } from "../synthesized.ts";

/** Claims about the bucket and the user pool: access, encryption, retention. */
export function storageClaims({ environment, templates }: Claimed): void {
	const { DB, Storage } = templates;

	test("retain stateful resources when a stack is deleted", () => {
		const policies = [DB, Storage].flatMap(({ Resources }) =>
			Object.values(Resources)
				.filter(({ Type }) => /DBInstance$|DynamoDB::Table$|S3::Bucket$|UserPool$/.test(Type))
				.map(({ Type, DeletionPolicy }) => [Type, DeletionPolicy]),
		);
		expect(Object.fromEntries(policies)).toEqual({
			"AWS::RDS::DBInstance": "Snapshot",
			"AWS::DynamoDB::Table": "Retain",
			"AWS::S3::Bucket": "Retain",
			"AWS::Cognito::UserPool": "Retain",
		});
	});

	test("keep images private, encrypted and versioned", () => {
		const bucket = only(Storage, "AWS::S3::Bucket");
		expect(bucket.VersioningConfiguration.Status).toBe("Enabled");
		expect(bucket.BucketEncryption).toBeDefined();
		expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
		expect(JSON.stringify(only(Storage, "AWS::S3::BucketPolicy"))).toContain("aws:SecureTransport");
	});

	test("let users sign in by e-mail and password and renew their tokens", () => {
		const pool = only(Storage, "AWS::Cognito::UserPool");
		expect(pool.UsernameAttributes).toEqual(["email"]);
		expect(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(!environment.selfSignUp);
		expect(pool.Policies.PasswordPolicy.MinimumLength).toBeGreaterThanOrEqual(12);
		expect(pool.DeletionProtection).toBe(environment.deletionProtection ? "ACTIVE" : "INACTIVE");
		const client = only(Storage, "AWS::Cognito::UserPoolClient");
		expect([...client.ExplicitAuthFlows].sort()).toEqual([
			"ALLOW_REFRESH_TOKEN_AUTH",
			"ALLOW_USER_PASSWORD_AUTH",
			"ALLOW_USER_SRP_AUTH",
		]);
		expect(client.PreventUserExistenceErrors).toBe("ENABLED");
		expect(client.EnableTokenRevocation).toBe(true);
		expect(client.GenerateSecret).toBe(false);
	});
}
