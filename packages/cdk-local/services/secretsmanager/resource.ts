import { randomInt } from "node:crypto";
import { z } from "zod";
import { boolean, ignored, number, resource, tags } from "../../template/resource.ts";

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
	({ Name, GenerateSecretString: options }, { stores, physicalName }) => {
		const { arn } = stores.secrets.ensure(Name ?? physicalName(512), () => {
			const password = generatePassword(options);
			if (options.SecretStringTemplate === undefined) return password;
			return JSON.stringify({
				...JSON.parse(options.SecretStringTemplate),
				[options.GenerateStringKey ?? "password"]: password,
			});
		});
		return { ref: arn, attributes: { Id: arn, Arn: arn } };
	},
);

/** Returns the secret's ARN; functions get host and port as variables. */
export const secretAttachment = resource(
	{
		SecretId: z.string(),
		TargetId: ignored("host and port are variables"),
		TargetType: ignored("host and port are variables"),
	},
	({ SecretId }) => ({ ref: SecretId, attributes: { Id: SecretId } }),
);

/** Generates a password as Secrets Manager does. */
function generatePassword(options: z.infer<typeof generate>): string {
	const characterSets = [
		options.ExcludeLowercase ? "" : "abcdefghijklmnopqrstuvwxyz",
		options.ExcludeUppercase ? "" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		options.ExcludeNumbers ? "" : "0123456789",
		options.ExcludePunctuation ? "" : "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
		options.IncludeSpace ? " " : "",
	]
		.map((characters) => [...characters].filter((character) => !options.ExcludeCharacters.includes(character)))
		.filter((characters) => characters.length > 0);
	const characters = characterSets.flat();
	for (;;) {
		const password = Array.from(
			{ length: options.PasswordLength },
			() => characters[randomInt(characters.length)] as string,
		);
		const complete = characterSets.every((characters) => characters.some((character) => password.includes(character)));
		if (complete || !options.RequireEachIncludedType) return password.join("");
	}
}
