import { randomUUID } from "node:crypto";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { Secret, Secrets } from "./store.ts";

const SecretId = z.string().min(1);

/** Serves Secrets Manager's JSON protocol over the secrets. */
export function secretsManagerApi(secrets: Secrets): AwsApi {
	const write = operation(
		{
			SecretId,
			SecretString: z.string().min(1).max(65_536).optional(),
			ClientRequestToken: z.string().min(32).max(64).optional(),
		},
		(input) => {
			if (input.SecretString === undefined) {
				throw new AwsError("InvalidRequestException", "You must provide SecretString.");
			}
			const secret = secrets.secret(input.SecretId);
			const versionId = input.ClientRequestToken ?? randomUUID();
			secrets.put(secret, input.SecretString, versionId);
			return { ARN: secret.arn, Name: secret.name, VersionId: versionId };
		},
	);
	return jsonApi({
		service: "secretsmanager",
		target: "secretsmanager",
		version: "1.1",
		permissions: (name, { SecretId, Name }: { SecretId?: string; Name?: string }) => {
			const id = SecretId ?? Name;
			return [{ action: `secretsmanager:${name}`, resource: id === undefined ? "*" : secrets.arn(id) }];
		},
		operations: {
			CreateSecret: operation(
				{
					Name: z.string().regex(/^[\w/+=.@-]{1,512}$/),
					SecretString: z.string().min(1).max(65_536),
					ClientRequestToken: z.string().min(32).max(64).default(randomUUID),
				},
				({ Name, SecretString, ClientRequestToken: VersionId }) => {
					const existing = secrets.list().find(({ name }) => name === Name);
					// The SDK retries with the same token.
					if (existing && !secrets.versions(existing).some(({ id }) => id === VersionId)) {
						throw new AwsError(
							"ResourceExistsException",
							`The operation failed because the secret ${Name} already exists.`,
						);
					}
					const { arn } = secrets.ensure(Name, () => SecretString, VersionId);
					return { ARN: arn, Name, VersionId };
				},
			),
			GetSecretValue: operation(
				{
					SecretId,
					VersionId: z.string().optional(),
					VersionStage: z.string().optional(),
				},
				(input) => {
					const secret = secrets.secret(input.SecretId);
					const version = secrets.version(secret, {
						id: input.VersionId,
						stage: input.VersionStage,
					});
					return {
						ARN: secret.arn,
						Name: secret.name,
						VersionId: version.id,
						SecretString: version.value,
						VersionStages: version.stages,
						CreatedDate: version.createdAt / 1_000,
					};
				},
			),
			DescribeSecret: operation({ SecretId }, (input) => describe(secrets, secrets.secret(input.SecretId))),
			ListSecrets: operation({}, () => ({
				SecretList: secrets.list().map((secret) => describe(secrets, secret)),
			})),
			PutSecretValue: write,
			UpdateSecret: write,
		},
	});
}

function describe(secrets: Secrets, secret: Secret) {
	return {
		ARN: secret.arn,
		Name: secret.name,
		CreatedDate: secret.createdAt / 1_000,
		VersionIdsToStages: Object.fromEntries(
			secrets
				.versions(secret)
				.filter(({ stages }) => stages.length > 0)
				.map(({ id, stages }) => [id, stages]),
		),
	};
}
