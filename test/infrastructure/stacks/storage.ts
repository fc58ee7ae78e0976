import { expect, test } from "vitest";
import { archiveDays } from "#core/archive/archive.ts";
import { type Claimed, ofType, only } from "../synthesized.ts";

/** Claims about the bucket and the user pool: access, encryption, retention. */
export function storageClaims({ name, environment, templates }: Claimed): void {
	const { DB, Storage } = templates;

	test("retain stateful resources when a stack is deleted, and where nothing is protected not when its creation fails", () => {
		const retained = environment.deletionProtection ? "Retain" : "RetainExceptOnCreate";
		const policies = [DB, Storage].flatMap(({ Resources }) =>
			Object.values(Resources)
				.filter(({ Type }) => /DBInstance$|DynamoDB::Table$|S3::Bucket$|UserPool$/.test(Type))
				.map(({ Type, DeletionPolicy }) => [Type, DeletionPolicy]),
		);
		expect(Object.fromEntries(policies)).toEqual({
			"AWS::RDS::DBInstance": "Snapshot",
			"AWS::DynamoDB::Table": retained,
			"AWS::S3::Bucket": retained,
			"AWS::Cognito::UserPool": retained,
		});
	});

	test("keep images private, encrypted and versioned", () => {
		const bucket = only(Storage, "AWS::S3::Bucket");
		expect(bucket.VersioningConfiguration.Status).toBe("Enabled");
		expect(bucket.BucketEncryption).toBeDefined();
		expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
		expect(JSON.stringify(only(Storage, "AWS::S3::BucketPolicy"))).toContain("aws:SecureTransport");
	});

	test("remove an archive after the days that its person is told", () => {
		const { Rules } = only(Storage, "AWS::S3::Bucket").LifecycleConfiguration;
		expect(Rules.filter(({ Prefix }: { Prefix?: string }) => Prefix)).toEqual([
			{
				Prefix: "exports/",
				Status: "Enabled",
				ExpirationInDays: archiveDays,
				NoncurrentVersionExpiration: { NoncurrentDays: 1 },
			},
		]);
	});

	test("let people create accounts only where their mails are sent: Cognito's own mailer is for trying out", () => {
		const { AdminCreateUserConfig, EmailConfiguration } = only(Storage, "AWS::Cognito::UserPool");
		const isOpen = !AdminCreateUserConfig.AllowAdminCreateUserOnly;
		expect(isOpen).toBe(environment.selfSignUp);
		const sendsBySes = EmailConfiguration?.EmailSendingAccount === "DEVELOPER";
		expect(sendsBySes).toBe(environment.mail !== null);
		if (name === "prod") expect(isOpen && !sendsBySes).toBe(false);
	});

	test("have a group for each tier but the one of everybody, and one of administrators, which outlive the stack with their pool", () => {
		const groups = Object.values(ofType(Storage, "AWS::Cognito::UserPoolGroup"));
		expect(groups.map(({ Properties }) => Properties.GroupName)).toEqual(["pro", "team", "own-quotas", "admin"]);
		const pools = Object.values(ofType(Storage, "AWS::Cognito::UserPool"));
		for (const { DeletionPolicy } of groups) expect(DeletionPolicy).toBe(pools[0]?.DeletionPolicy);
	});

	test("let users sign in by e-mail and password and renew their tokens", () => {
		const pool = only(Storage, "AWS::Cognito::UserPool");
		expect(pool.UsernameAttributes).toEqual(["email"]);
		expect(pool.AdminCreateUserConfig.AllowAdminCreateUserOnly).toBe(!environment.selfSignUp);
		expect(pool.Policies.PasswordPolicy.MinimumLength).toBeGreaterThanOrEqual(12);
		expect(pool.DeletionProtection).toBe(environment.deletionProtection ? "ACTIVE" : "INACTIVE");
		// By an app alone: messages cost money, and can be read by others.
		expect([pool.MfaConfiguration, pool.EnabledMfas, pool.SmsConfiguration]).toEqual([
			"OPTIONAL",
			["SOFTWARE_TOKEN_MFA"],
			undefined,
		]);
		const clients = ofType(Storage, "AWS::Cognito::UserPoolClient");
		for (const { Properties } of Object.values(clients)) {
			expect(Properties.PreventUserExistenceErrors).toBe("ENABLED");
			expect(Properties.EnableTokenRevocation).toBe(true);
			expect(Properties.GenerateSecret).toBe(false);
		}
		const renewal = Object.entries(clients).map(([id, { Properties }]) => [
			id,
			Properties.ExplicitAuthFlows.toSorted(),
			Properties.RefreshTokenRotation,
		]);
		const [refresh, password, srp] = ["REFRESH_TOKEN", "USER_PASSWORD", "USER_SRP"].map((flow) => `ALLOW_${flow}_AUTH`);
		expect(renewal).toEqual([
			["PeopleClient", [refresh, password, srp], undefined],
			["PeopleWebClient", [password, srp], { Feature: "ENABLED", RetryGracePeriodSeconds: 60 }],
			["PeopleCliClient", [refresh, password], undefined],
		]);
	});
}
