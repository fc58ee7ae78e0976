import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import type { AwsApi } from "../../endpoint/types.ts";
import type { Parameter, Parameters } from "./store.ts";

const Name = z
	.string()
	.max(1_011)
	.regex(/^[\w./-]+$/, "may have letters, digits and . - _ /");
const WithDecryption = z.boolean().default(false);

/** Serves Parameter Store's JSON protocol over the parameters. */
export function parameterStoreApi(parameters: Parameters): AwsApi {
	const describe = (parameter: Parameter, withDecryption: boolean) => {
		const { name, type, value, version, changedAt } = parameter;
		return {
			Name: name,
			Type: type,
			// Without WithDecryption AWS returns the ciphertext.
			Value: type === "String" || withDecryption ? value : Buffer.from(`not decrypted: ${name}`).toString("base64"),
			Version: version,
			LastModifiedDate: changedAt / 1_000,
			ARN: parameters.arn(name),
			DataType: "text",
		};
	};
	return jsonApi({
		service: "ssm",
		target: "AmazonSSM",
		version: "1.1",
		permissions: (name, input: { Name?: string; Names?: string[] }) =>
			(input.Names ?? [input.Name ?? ""]).map((parameter) => ({
				action: `ssm:${name}`,
				resource: parameters.arn(parameter),
			})),
		operations: {
			GetParameter: operation({ Name, WithDecryption }, (input) => ({
				Parameter: describe(parameters.parameter(input.Name), input.WithDecryption),
			})),
			GetParameters: operation({ Names: z.array(Name).min(1).max(10), WithDecryption }, (input) => ({
				Parameters: input.Names.flatMap((name) => {
					const parameter = parameters.find(name);
					return parameter ? [describe(parameter, input.WithDecryption)] : [];
				}),
				InvalidParameters: input.Names.filter((name) => !parameters.find(name)),
			})),
			PutParameter: operation(
				{
					Name,
					Value: z.string().min(1).max(4_096),
					Type: z.enum(["String", "SecureString"]).optional(),
					Overwrite: z.boolean().default(false),
				},
				(input) => {
					const { version } = parameters.put(input.Name, input.Value, {
						type: input.Type,
						overwrite: input.Overwrite,
					});
					return { Version: version, Tier: "Standard" };
				},
			),
			DeleteParameter: operation({ Name }, (input) => parameters.delete(input.Name)),
		},
	});
}
