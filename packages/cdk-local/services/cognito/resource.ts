import { createHash } from "node:crypto";
import { z } from "zod";
import { boolean, ignored, number, resource } from "../../template/resource.ts";

const stringList = z.array(z.string());
const unsupported = ignored("not offered by the local pool");

export const userPool = resource(
	{
		UserPoolName: z.string().optional(),
		Policies: z
			.strictObject({
				PasswordPolicy: z
					.strictObject({
						MinimumLength: number.default(8),
						RequireLowercase: boolean.default(false),
						RequireUppercase: boolean.default(false),
						RequireNumbers: boolean.default(false),
						RequireSymbols: boolean.default(false),
						TemporaryPasswordValidityDays: unsupported,
						PasswordHistorySize: unsupported,
					})
					.optional(),
				SignInPolicy: unsupported,
			})
			.optional(),
		AdminCreateUserConfig: z.looseObject({ AllowAdminCreateUserOnly: boolean.default(false) }).optional(),
		AutoVerifiedAttributes: stringList.default([]),
		UsernameAttributes: stringList.default([]),
		AliasAttributes: stringList.max(0).optional(),
		LambdaConfig: z.strictObject({ PreSignUp: z.string().optional() }).optional(),
		UsernameConfiguration: ignored("names are e-mail addresses, in any case"),
		Schema: ignored("e-mail is the only attribute"),
		AccountRecoverySetting: ignored("codes are printed in the log"),
		VerificationMessageTemplate: ignored("codes are printed in the log"),
		EmailConfiguration: ignored("codes are printed in the log"),
		EmailVerificationMessage: ignored("codes are printed in the log"),
		EmailVerificationSubject: ignored("codes are printed in the log"),
		SmsConfiguration: ignored("nothing is sent"),
		SmsVerificationMessage: ignored("nothing is sent"),
		UserAttributeUpdateSettings: unsupported,
		DeviceConfiguration: unsupported,
		MfaConfiguration: z.enum(["OFF", "OPTIONAL", "ON"]).default("OFF"),
		EnabledMfas: z.array(z.literal("SOFTWARE_TOKEN_MFA")).default([]),
		UserPoolAddOns: ignored("no threat protection"),
		UserPoolTier: ignored("nothing is billed"),
		DeletionProtection: ignored("state is forgotten on demand only"),
		UserPoolTags: ignored("nobody is billed by tag"),
	},
	(properties, { stores, stack, logicalId, physicalName }) => {
		const id = `${stores.state.region}_${letters(`${stack}/${logicalId}`, 9)}`;
		const policy = properties.Policies?.PasswordPolicy;
		const { arn, providerUrl, providerName } = stores.userPools.ensurePool(id, {
			name: properties.UserPoolName ?? physicalName(128),
			passwordPolicy: {
				minimumLength: policy?.MinimumLength ?? 8,
				requireLowercase: policy?.RequireLowercase ?? false,
				requireUppercase: policy?.RequireUppercase ?? false,
				requireNumbers: policy?.RequireNumbers ?? false,
				requireSymbols: policy?.RequireSymbols ?? false,
			},
			selfSignUp: !properties.AdminCreateUserConfig?.AllowAdminCreateUserOnly,
			autoVerifyEmail: properties.AutoVerifiedAttributes.includes("email"),
			mfa: properties.EnabledMfas.length > 0 ? properties.MfaConfiguration : "OFF",
			preSignUp: properties.LambdaConfig?.PreSignUp,
		});
		return {
			ref: id,
			attributes: {
				Arn: arn,
				UserPoolId: id,
				ProviderURL: providerUrl,
				ProviderName: providerName,
			},
		};
	},
);

const unitSeconds = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };
const unit = z.enum(["seconds", "minutes", "hours", "days"]);

export const userPoolGroup = resource(
	{
		UserPoolId: z.string(),
		GroupName: z.string().optional(),
		Description: z.string().optional(),
		Precedence: number.pipe(z.int().min(0)).optional(),
		RoleArn: ignored("no identity pool gives out roles"),
	},
	(properties, { stores, physicalName }) => {
		stores.userPools.pool(properties.UserPoolId);
		const name = properties.GroupName ?? physicalName(128);
		stores.userPools.groups.ensure({
			pool: properties.UserPoolId,
			name,
			description: properties.Description ?? null,
			precedence: properties.Precedence ?? null,
		});
		return { ref: name };
	},
);

export const userPoolClient = resource(
	{
		UserPoolId: z.string(),
		ClientName: z.string().optional(),
		ExplicitAuthFlows: stringList.default([]),
		GenerateSecret: boolean.pipe(z.literal(false)).optional(),
		IdTokenValidity: number.optional(),
		AccessTokenValidity: number.optional(),
		RefreshTokenValidity: number.optional(),
		TokenValidityUnits: z
			.strictObject({
				IdToken: unit.default("hours"),
				AccessToken: unit.default("hours"),
				RefreshToken: unit.default("days"),
			})
			.optional(),
		RefreshTokenRotation: z
			.strictObject({
				Feature: z.enum(["ENABLED", "DISABLED"]),
				RetryGracePeriodSeconds: number.pipe(z.int().min(0).max(60)).default(0),
			})
			.optional(),
		PreventUserExistenceErrors: z.enum(["ENABLED", "LEGACY"]).optional(),
		EnableTokenRevocation: unsupported,
		AuthSessionValidity: unsupported,
		ReadAttributes: unsupported,
		WriteAttributes: unsupported,
		AllowedOAuthFlows: unsupported,
		AllowedOAuthFlowsUserPoolClient: unsupported,
		AllowedOAuthScopes: unsupported,
		CallbackURLs: unsupported,
		LogoutURLs: unsupported,
		SupportedIdentityProviders: stringList.optional(),
	},
	(properties, { stores, stack, logicalId }) => {
		const id = letters(`${stack}/${logicalId}`, 26).toLowerCase();
		const units = properties.TokenValidityUnits;
		const seconds = (value: number, timeUnit: z.infer<typeof unit>) => value * unitSeconds[timeUnit];
		stores.userPools.ensureClient(properties.UserPoolId, id, {
			explicitAuthFlows: properties.ExplicitAuthFlows,
			idTokenSeconds: seconds(
				properties.IdTokenValidity ?? 1,
				properties.IdTokenValidity ? (units?.IdToken ?? "hours") : "hours",
			),
			accessTokenSeconds: seconds(
				properties.AccessTokenValidity ?? 1,
				properties.AccessTokenValidity ? (units?.AccessToken ?? "hours") : "hours",
			),
			refreshTokenSeconds: seconds(
				properties.RefreshTokenValidity ?? 30,
				properties.RefreshTokenValidity ? (units?.RefreshToken ?? "days") : "days",
			),
			refreshTokenGraceSeconds:
				properties.RefreshTokenRotation?.Feature === "ENABLED"
					? properties.RefreshTokenRotation.RetryGracePeriodSeconds
					: null,
			preventUserExistenceErrors: properties.PreventUserExistenceErrors !== "LEGACY",
		});
		return { ref: id, attributes: { ClientId: id, Name: id } };
	},
);

/** Derives an id of AWS's shape that is the same at every start. */
function letters(seed: string, length: number): string {
	const digest = createHash("sha512").update(seed).digest("base64");
	return digest.replace(/[^A-Za-z0-9]/g, "").slice(0, length);
}
