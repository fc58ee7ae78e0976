import { randomInt } from "node:crypto";
import { z } from "zod";
import {
	boolean,
	ignored,
	number,
	resource,
	tags,
} from "../../template/resource.ts";

const generate = z.strictObject({
	PasswordLength: number.default(32),
	ExcludeCharacters: z.string().default(""),
	ExcludeLowercase: boolean.default(false),
	ExcludeUppercase: boolean.default(false),
	ExcludeNumbers: boolean.default(false),
	ExcludePunctuation: boolean.default(false),
	IncludeSpace: boolean.default(false),
	RequireEachIncludedType: boolean.default(true),
	SecretStringTemplate: z.string().optional(),
	GenerateStringKey: z.string().optional(),
});

export const secret = resource(
	{
		Name: z.string().optional(),
		GenerateSecretString: generate,
		Description: ignored("for people"),
		KmsKeyId: ignored("nothing is encrypted at rest here"),
		Tags: tags,
	},
	({ Name, GenerateSecretString: how }, { services, physicalName }) => {
		const { arn } = services.secrets.ensure(Name ?? physicalName(512), () => {
			const password = generatePassword(how);
			if (how.SecretStringTemplate === undefined) return password;
			return JSON.stringify({
				...JSON.parse(how.SecretStringTemplate),
				[how.GenerateStringKey ?? "password"]: password,
			});
		});
		return { ref: arn, attributes: { Id: arn, Arn: arn } };
	},
);

/** The secret's own ARN again; host and port reach functions as variables. */
export const secretAttachment = resource(
	{
		SecretId: z.string(),
		TargetId: ignored("host and port are variables"),
		TargetType: ignored("host and port are variables"),
	},
	({ SecretId }) => ({ ref: SecretId, attributes: { Id: SecretId } }),
);

/** A password as Secrets Manager generates it. */
function generatePassword(how: z.infer<typeof generate>): string {
	const kinds = [
		how.ExcludeLowercase ? "" : "abcdefghijklmnopqrstuvwxyz",
		how.ExcludeUppercase ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		how.ExcludeNumbers ? "" : "0123456789",
		how.ExcludePunctuation ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
		how.IncludeSpace ? " " : "",
	]
		.map((kind) =>
			[...kind].filter((sign) => !how.ExcludeCharacters.includes(sign)),
		)
		.filter((kind) => kind.length > 0);
	const all = kinds.flat();
	for (;;) {
		const password = Array.from(
			{ length: how.PasswordLength },
			() => all[randomInt(all.length)] as string,
		);
		const complete = kinds.every((kind) =>
			kind.some((sign) => password.includes(sign)),
		);
		if (complete || !how.RequireEachIncludedType) return password.join("");
	}
}
